"""What follows an import: one campaign to the new segment, at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from aws_cdk import Token
from aws_cdk import aws_lambda as lambda_

from pinpoint_patterns.project import Limits

# The campaign stands in a function's environment, which has 4 KB.
_LONGEST_DATA: Final = 2_048
_LONGEST_NAME: Final = 20


@dataclass(frozen=True)
class ByEmail:
    """To the segment's EMAIL endpoints, from an e-mail template.

    Attributes:
        template: The template's name.
        template_version: One of its versions; the active one by default.
        from_address: The sender; the one of the project's e-mail channel by default.
    """

    template: str
    template_version: str | None = None
    from_address: str | None = None

    def message(self) -> dict[str, Any]:
        """What a `WriteCampaignRequest` says of it."""
        sender = {"FromAddress": self.from_address} if self.from_address else {}
        return _templated("EmailTemplate", self.template, self.template_version) | (
            {"MessageConfiguration": {"EmailMessage": sender}} if sender else {}
        )


@dataclass(frozen=True)
class BySms:
    """To the segment's SMS endpoints, from an SMS template.

    Attributes:
        template: The template's name.
        template_version: One of its versions; the active one by default.
        message_type: What the phone service is told; the service's default is PROMOTIONAL.
        origination_number: The number that sends; one of the account's by default.
        sender_id: The sender's name, where the recipient's country allows one.
    """

    template: str
    template_version: str | None = None
    message_type: Literal["TRANSACTIONAL", "PROMOTIONAL"] | None = None
    origination_number: str | None = None
    sender_id: str | None = None

    def message(self) -> dict[str, Any]:
        """What a `WriteCampaignRequest` says of it."""
        said = {
            "MessageType": self.message_type,
            "OriginationNumber": self.origination_number,
            "SenderId": self.sender_id,
        }
        given = {name: value for name, value in said.items() if value is not None}
        return _templated("SMSTemplate", self.template, self.template_version) | (
            {"MessageConfiguration": {"SMSMessage": given}} if given else {}
        )


@dataclass(frozen=True)
class ByCustomChannel:
    """To endpoints that a custom channel serves; Pinpoint has no templates for these.

    Attributes:
        delivery_uri: As a `CustomChannel` gives it, or a webhook's address.
        data: What the channel gets with each batch, at most 2,048 bytes.
        endpoint_types: Whom to send to.
    """

    delivery_uri: str
    data: str = "{}"
    endpoint_types: Sequence[str] = ("CUSTOM",)

    def __post_init__(self) -> None:
        size = len(self.data.encode())
        if not Token.is_unresolved(self.data) and size > _LONGEST_DATA:
            raise ValueError(f"data must have at most {_LONGEST_DATA} bytes, got {size}")

    def message(self) -> dict[str, Any]:
        """What a `WriteCampaignRequest` says of it."""
        return {
            "MessageConfiguration": {"CustomMessage": {"Data": self.data}},
            "CustomDeliveryConfiguration": {
                "DeliveryUri": self.delivery_uri,
                "EndpointTypes": list(self.endpoint_types),
            },
        }


Way: TypeAlias = ByEmail | BySms | ByCustomChannel


@dataclass(frozen=True)
class ThenSend:
    """A campaign that starts as soon as a file is imported, once a version of the file.

    Attributes:
        by: `ByEmail`, `BySms` or `ByCustomChannel`, with the template or the data.
        campaign_name: What the campaigns' names begin with, at most 20 characters; the segment's name and
            the mark of the file's version follow.
        limits: The campaign's own; the project's by default.
        hook: The function of a `CampaignHook`, asked before anybody is sent to; the project's by default.
        holdout_percent: Share of the segment that is left out, 0 to 100.
        at_most_bad: Share of a file's rows that may be bad, 0 to 1; with more nothing is sent.
        at_once: How many of these campaigns may run at a time, 1 to 100; the others wait in line.

    Raises:
        ValueError: A name or a number is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html.
    """

    by: Way
    campaign_name: str = "import"
    limits: Limits | None = None
    hook: lambda_.IFunction | None = None
    holdout_percent: int = 0
    at_most_bad: float = 0.05
    at_once: int = 1

    def __post_init__(self) -> None:
        if not 1 <= len(self.campaign_name) <= _LONGEST_NAME:
            raise ValueError(
                f"campaign_name must have 1 to {_LONGEST_NAME} characters, got {self.campaign_name!r}"
            )
        for name, lowest, highest in (
            ("holdout_percent", 0, 100),
            ("at_most_bad", 0, 1),
            ("at_once", 1, 100),
        ):
            value: float = getattr(self, name)
            if not Token.is_unresolved(value) and not lowest <= value <= highest:
                raise ValueError(f"{name} must be {lowest} to {highest}, got {value}")

    def request(self) -> dict[str, Any]:
        """The `WriteCampaignRequest`, but for the name and the segment, which each file has its own of."""
        request: dict[str, Any] = {"Schedule": {"StartTime": "IMMEDIATE"}, **self.by.message()}
        if self.limits:
            request["Limits"] = _limits(self.limits)
        if self.hook:
            request["Hook"] = {"LambdaFunctionName": self.hook.function_arn, "Mode": "FILTER"}
        if self.holdout_percent:
            request["HoldoutPercent"] = self.holdout_percent
        return request


def _templated(kind: str, name: str, version: str | None) -> dict[str, Any]:
    return {"TemplateConfiguration": {kind: {"Name": name, **({"Version": version} if version else {})}}}


def _limits(limits: Limits) -> dict[str, int]:
    values = {
        "Daily": limits.daily,
        "Total": limits.total,
        "MessagesPerSecond": limits.messages_per_second,
        "MaximumDuration": limits.maximum_duration,
    }
    return {name: value for name, value in values.items() if value is not None}
