"""What the provisioners of all types share: calls to the service, and reading properties."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from embedded.sms_voice import model
from embedded.sms_voice.service import Service

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]
_LONGEST_NAME: Final = 64
_SUFFIX_BYTES: Final = 6
_Facts = dict[str, Any]


@dataclass(frozen=True)
class Calls:
    """The service, as CloudFormation calls it in one Region."""

    service: Service
    region: str

    def __call__(self, operation: str, **request: Any) -> _Facts:
        """Call an operation; members that are None are left out.

        Raises:
            ServiceError: The service refuses it.
        """
        given = {name: value for name, value in request.items() if value is not None}
        return self.service.call(operation, model.check(operation, given), self.region)


@dataclass(frozen=True)
class ResourceType:
    """One type.

    Attributes:
        name: Such as `AWS::SMSVOICE::Pool`.
        properties: All that it has.
        replacing: Those whose change makes a new resource.
        create: From a name that is free to use, and the properties.
        update: From the physical id, and the properties before and now.
        delete: From the physical id.
    """

    name: str
    properties: frozenset[str]
    replacing: tuple[str, ...]
    create: Callable[[Calls, str, Properties], Provisioned]
    update: Callable[[Calls, str, Properties, Properties], Provisioned]
    delete: Callable[[Calls, str], None]

    def check(self, properties: Properties) -> None:
        """Refuse what the type does not have.

        Raises:
            ValueError: It names the properties.
        """
        unknown = sorted(properties.keys() - self.properties)
        if unknown:
            known = ", ".join(sorted(self.properties))
            raise ValueError(f"{self.name} has no {', '.join(unknown)} here: it has {known}")


def flag(value: Any) -> bool | None:
    """A truth value, which a template may have as text; None where it has none."""
    return None if value is None else str(value).lower() == "true"


def generated_name(base: str) -> str:
    """A name for a resource that has none in the template."""
    suffix = secrets.token_hex(_SUFFIX_BYTES)
    return f"{base[: _LONGEST_NAME - len(suffix) - 1]}-{suffix}"


def retag(calls: Calls, arn: str, old: Properties, new: Properties) -> None:
    """Make a resource's tags those of its new properties."""
    wanted = {tag["Key"] for tag in new.get("Tags", [])}
    gone = [tag["Key"] for tag in old.get("Tags", []) if tag["Key"] not in wanted]
    if gone:
        calls("UntagResource", ResourceArn=arn, TagKeys=gone)
    if new.get("Tags"):
        calls("TagResource", ResourceArn=arn, Tags=new["Tags"])
