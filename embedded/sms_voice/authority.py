"""What IAM is asked about a request: actions, and the resources that they are on.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_pinpoint-sms-voice-v2.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from embedded.sms_voice.account import Account
from embedded.sms_voice.errors import NotFound
from embedded.sms_voice.operations.opt_outs import e164
from embedded.sms_voice.resources import is_arn, name_of
from embedded.sms_voice.routing import named

SERVICE: Final = "sms-voice"
_ANY: Final = "*"
_Facts = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """May the caller do this?

    Attributes:
        action: Such as `sms-voice:SendTextMessage`.
        resource: An ARN, or `*` where the request names no resource.
        keys: Condition keys that AWS fills for the action.
    """

    action: str
    resource: str
    keys: Mapping[str, Any] = field(default_factory=dict[str, Any])


# The members that name resources, with what they name.
_NAMING: Final[Mapping[str, str]] = {
    "PhoneNumberId": "phone-number",
    "PhoneNumberIds": "phone-number",
    "PoolId": "pool",
    "PoolIds": "pool",
    "ConfigurationSetName": "configuration-set",
    "ConfigurationSetNames": "configuration-set",
    "OptOutListName": "opt-out-list",
    "OptOutListNames": "opt-out-list",
}
# The resource is what these are about, whatever else they name.
_OF_AN_IDENTITY: Final = frozenset({"CreatePool", "PutKeyword", "DescribeKeywords", "DeleteKeyword"})
_SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateConfigurationSet": (),
    "CreateOptOutList": (),
    "RequestPhoneNumber": ("PoolId",),
    "UpdatePhoneNumber": ("PhoneNumberId",),
    "UpdatePool": ("PoolId",),
}
_TAGGING: Final = frozenset(
    {"CreateConfigurationSet", "CreateOptOutList", "CreatePool", "RequestPhoneNumber", "RequestSenderId"}
)
_ROLES: Final[tuple[Callable[[_Facts], Any], ...]] = (
    lambda request: request.get("TwoWayChannelRole"),
    lambda request: request.get("CloudWatchLogsDestination", {}).get("IamRoleArn"),
    lambda request: request.get("KinesisFirehoseDestination", {}).get("IamRoleArn"),
)


def questions(operation: str, request: _Facts, account: Account) -> Iterator[Question]:
    """All that the caller must be allowed, in the order in which it is asked.

    Args:
        operation: Its name in the model.
        request: Checked against the model.
        account: Resolves what the request names.
    """
    action = f"{SERVICE}:{operation}"
    resources = list(dict.fromkeys(_resources(operation, request, account))) or [_ANY]
    tags = _request_tags(request)
    yield from (Question(action, resource, {**_tags_of(account, resource), **tags}) for resource in resources)
    if operation in _TAGGING and tags:
        yield Question(f"{SERVICE}:TagResource", _ANY, tags)
    for role in filter(None, (role(request) for role in _ROLES)):
        yield Question("iam:PassRole", role, {"iam:PassedToService": "sms-voice.amazonaws.com"})


def _request_tags(request: _Facts) -> _Facts:
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    names = [*tags, *request.get("TagKeys", [])]
    if not names:
        return {}
    return {"aws:TagKeys": names, **{f"aws:RequestTag/{name}": value for name, value in tags.items()}}


def _tags_of(account: Account, resource: str) -> _Facts:
    return {f"aws:ResourceTag/{name}": value for name, value in account.tags.get(resource, {}).items()}


def _resources(operation: str, request: _Facts, account: Account) -> Iterator[str]:
    if "ResourceArn" in request:
        yield request["ResourceArn"]
    elif operation.startswith("Send"):
        yield from _sender(request, account)
    else:
        members = _SUBJECTS.get(operation, tuple(_NAMING))
        for member in members:
            given = request.get(member, [])
            for reference in [given] if isinstance(given, str) else given:
                if reference:
                    yield _arn(account, _NAMING[member], reference)
        if operation in _OF_AN_IDENTITY or operation.endswith("OriginationIdentity"):
            yield _identity(account, request)
        yield from _sender_ids(operation, request, account)


def _sender(request: _Facts, account: Account) -> Iterator[str]:
    reference = request.get("OriginationIdentity")
    if not reference:
        return
    if name_of(reference).startswith("pool-"):
        yield _arn(account, "pool", reference)
        return
    try:
        yield named(account, reference, e164(request["DestinationPhoneNumber"])).arn
    except NotFound as error:
        kind = "phone-number" if error.members["ResourceType"] == "phone-number" else "sender-id"
        yield _arn(account, kind, reference)


def _identity(account: Account, request: _Facts) -> str:
    reference: str = request["OriginationIdentity"]
    if is_arn(reference):
        return reference
    for prefix, kind in (("phone-", "phone-number"), ("pool-", "pool")):
        if reference.startswith(prefix):
            return account.arn(kind, reference)
    return account.arn("sender-id", f"{reference}/{request.get('IsoCountryCode', '')}")


def _sender_ids(operation: str, request: _Facts, account: Account) -> Iterator[str]:
    if operation in ("ReleaseSenderId", "UpdateSenderId"):
        yield _arn(account, "sender-id", request["SenderId"], request["IsoCountryCode"])
    elif operation == "DescribeSenderIds":
        for asked in request.get("SenderIds", []):
            yield _arn(account, "sender-id", asked["SenderId"], asked["IsoCountryCode"])


def _arn(account: Account, kind: str, reference: str, country: str = "") -> str:
    if is_arn(reference):
        return reference
    return account.arn(kind, f"{reference}/{country}" if country else reference)
