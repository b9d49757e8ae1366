"""What the demo knows of a scenario; how one is written is told in `embedded/demo/__init__.py`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from embedded.demo.ledger import Counts
from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage, Vendor


class ScenarioFailed(RuntimeError):
    """A scenario cannot go on; the message says how far it came."""


@dataclass(frozen=True)
class Scenario(ABC):
    """Traffic through one pattern or a few, and what it has to come to.

    Args:
        options: What the run is told.

    Attributes:
        title: As the ledger calls it, in a few words.
        patterns: Names of the stacks that it shows. What they depend on is deployed with them, and each
            name runs this scenario when it is asked for as `PATTERN`.
        vendors: Whom these stacks post to.
        alone: It counts all that is in a stream or in the mail, so that no other may run beside it.
    """

    title: ClassVar[str]
    patterns: ClassVar[tuple[str, ...]]
    vendors: ClassVar[tuple[Vendor, ...]] = ()
    alone: ClassVar[bool] = False

    options: Options

    @property
    def settings(self) -> Mapping[str, str]:
        """CDK context for the deployment, on top of the vendors' addresses."""
        return {}

    @abstractmethod
    def expect(self) -> Counts:
        """Every cell of its part of the ledger, in the order in which it is read, before anything runs."""

    @abstractmethod
    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Sends the traffic and reads what came of it.

        Args:
            stage: What runs. Other scenarios have been on it, or are.
            expected: What `expect` said, which tells when there is no need to wait any longer.
            narrator: Told how it goes.

        Returns:
            Every count that was seen, also those that nobody expected.

        Raises:
            ScenarioFailed: It cannot go on.
        """
