"""What CloudFormation asks for.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_PREFIXES: Final = ("AWS::Pinpoint::", "Custom::Pinpoint")
# CloudFormation's own, and what custom resources carry beside what they are about.
_NOT_PROPERTIES: Final = ("ServiceToken", "ServiceTimeout")


@dataclass(frozen=True)
class Event:
    """One request of CloudFormation.

    Attributes:
        request_type: `Create`, `Update` or `Delete`.
        kind: Such as `App`, for `AWS::Pinpoint::App` and `Custom::PinpointApp` alike.
        request_id: The same when CloudFormation asks again.
        stack_id: The stack's ARN.
        logical_id: The resource's name in the template.
        physical_id: What an earlier answer gave; empty on creation.
        properties: As the template has them, scalars as strings.
        old_properties: Those before the update.
        response_url: Where the answer goes; empty when the caller waits for it.
    """

    request_type: str
    kind: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any]
    response_url: str


def read_event(raw: Mapping[str, Any]) -> Event:
    """Read a request as it comes.

    Raises:
        KeyError: It is none of CloudFormation's.
    """
    kind: str = raw["ResourceType"]
    for prefix in _PREFIXES:
        kind = kind.removeprefix(prefix)
    return Event(
        request_type=raw["RequestType"],
        kind=kind,
        # Who asks without one cannot ask again, and must not be taken for somebody who does.
        request_id=raw.get("RequestId") or uuid.uuid4().hex,
        stack_id=raw.get("StackId", ""),
        logical_id=raw.get("LogicalResourceId", ""),
        physical_id=raw.get("PhysicalResourceId") or "",
        properties=_properties(raw.get("ResourceProperties")),
        old_properties=_properties(raw.get("OldResourceProperties")),
        response_url=raw.get("ResponseURL") or "",
    )


def _properties(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (raw or {}).items() if name not in _NOT_PROPERTIES}
