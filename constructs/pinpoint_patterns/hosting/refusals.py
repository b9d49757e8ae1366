"""What could not be hosted, told all at once when the app is synthesized."""

from collections.abc import Callable
from typing import Final

import jsii
from constructs import IConstruct, IValidation

from pinpoint_patterns.errors import NotTranslatable

Check = Callable[[], list[tuple[IConstruct, NotTranslatable]]]


@jsii.implements(IValidation)
class Refusals:
    """Fails the synthesis with one line for each construct: its path, what it is, what to do.

    Checks run after everything else, when each value has become what the template will hold.
    """

    def __init__(self) -> None:
        self._found: Final[dict[str, str]] = {}
        self._checks: Final[list[Check]] = []

    def refuse(self, construct: IConstruct, problem: NotTranslatable) -> None:
        """Note what is wrong with a construct."""
        self._found[construct.node.path] = str(problem)

    def later(self, check: Check) -> None:
        """Look again at the end."""
        self._checks.append(check)

    def validate(self) -> list[str]:
        """What the CDK asks for: the messages, none if all is well."""
        found = dict(self._found)
        for check in self._checks:
            for construct, problem in check():
                found.setdefault(construct.node.path, str(problem))
        return [f"cannot host {path} on the Pinpoint engine: {message}" for path, message in found.items()]
