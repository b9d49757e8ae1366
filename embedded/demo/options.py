"""What a run of the demo is told."""

from dataclasses import dataclass
from typing import Final

from embedded.server import Engine
from embedded.vendors.intake import Sabotage

FEWEST_GOOD_ROWS: Final = 50


@dataclass(frozen=True)
class Options:
    """One run.

    Args:
        engine: How Pinpoint is answered.
        pattern: The stack whose scenarios run; all of them when empty.
        seed: Decides the traffic and the vendors' bad day.
        people: Rows of the file that is dropped in, the bad ones included.
        bad_rows: How many of them no import may take.
        idempotency: Whether the webhook channel sends idempotency keys.
        sabotage: What goes wrong on purpose.
        port: The wanted port of the embedded AWS; the next free one if it is taken.

    Raises:
        ValueError: Too few good rows for one of each kind.
    """

    engine: Engine = "hosted"
    pattern: str = ""
    seed: int = 1
    people: int = 2_000
    bad_rows: int = 40
    idempotency: bool = True
    sabotage: Sabotage = Sabotage.NONE
    port: int = 4630

    def __post_init__(self) -> None:
        if self.bad_rows < 0 or self.people - self.bad_rows < FEWEST_GOOD_ROWS:
            raise ValueError(
                f"at least {FEWEST_GOOD_ROWS} rows have to be good, got {self.people} people of which "
                f"{self.bad_rows} are bad rows: ask for more people or fewer bad rows"
            )
