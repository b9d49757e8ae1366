"""What runs while the demo does: an AWS account with stacks in it, and vendors outside of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.demo.account import Account
from embedded.vendors.intake import Contract, Intake


@dataclass(frozen=True)
class Vendor:
    """Somebody outside of AWS whom a stack posts to. Scenarios that name the same one share it.

    Args:
        name: As the ledger calls it.
        contract: What it asks of a message.
        setting: The CDK context that takes its address.
        secret: Stack and output that hold the ARN of its signing secret.
    """

    name: str
    contract: Contract
    setting: str
    secret: tuple[str, str]


@dataclass(frozen=True)
class Stage:
    """What runs.

    Args:
        account: The AWS account with the stacks.
        environment: A file to source for programs that are to speak to it.
        intakes: The vendors' front doors. A scenario begins a new day at each that it uses.
    """

    account: Account
    environment: Path
    intakes: Mapping[Vendor, Intake]
