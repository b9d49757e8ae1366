"""What a run of the demo is told."""

from dataclasses import dataclass
from typing import Final

from embedded.demo.expected import Setup
from embedded.server import Engine
from embedded.vendors.faults import FaultPlan
from embedded.vendors.intake import Sabotage

FREQUENCY_CAP: Final = 3


@dataclass(frozen=True)
class Options:
    """One run.

    Args:
        engine: How Pinpoint is answered.
        seed: Decides the file and the vendors' bad day.
        idempotency: Whether the webhook channel sends idempotency keys.
        sabotage: What goes wrong on purpose.
        port: The wanted port of the embedded AWS; the next free one if it is taken.
    """

    engine: Engine = "hosted"
    seed: int = 1
    idempotency: bool = True
    sabotage: Sabotage = Sabotage.NONE
    port: int = 4630

    @property
    def setup(self) -> Setup:
        """What the expected ledger is computed from."""
        return Setup(
            messages=FaultPlan(self.seed),
            # The CDP hears of few events: a worse day, so that each fault happens at all.
            callbacks=FaultPlan(self.seed + 1, throttled=0.15, broken=0.1, cut=0.1),
            idempotency=self.idempotency,
            frequency_cap=FREQUENCY_CAP,
        )
