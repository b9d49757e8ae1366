"""The resources of an account, each as the API describes it."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

DEFAULT_LIST: Final = "Default"
"""The opt-out list of every identity that names none."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is the same of a phone number and a pool: replies and opt-outs.

    Attributes:
        channel_arn: The topic that replies go to; empty for none.
        channel_role: The role that publishes there; empty where the topic's policy has to allow it.
        self_managed_opt_outs: Whether HELP, STOP and the opt-out list are left to the account.
    """

    two_way: bool = False
    channel_arn: str = ""
    channel_role: str = ""
    self_managed_opt_outs: bool = False
    opt_out_list: str = DEFAULT_LIST
    deletion_protection: bool = False

    def updated(self, request: dict[str, Any]) -> Self:
        """With what a request says, and otherwise as before."""
        return replace(
            self,
            two_way=request.get("TwoWayEnabled", self.two_way),
            channel_arn=request.get("TwoWayChannelArn", self.channel_arn),
            channel_role=request.get("TwoWayChannelRole", self.channel_role),
            self_managed_opt_outs=request.get("SelfManagedOptOutsEnabled", self.self_managed_opt_outs),
            opt_out_list=name_of(request.get("OptOutListName", self.opt_out_list)),
            deletion_protection=request.get("DeletionProtectionEnabled", self.deletion_protection),
        )

    def facts(self) -> dict[str, Any]:
        return {
            "TwoWayEnabled": self.two_way,
            "TwoWayChannelArn": self.channel_arn or None,
            "TwoWayChannelRole": self.channel_role or None,
            "SelfManagedOptOutsEnabled": self.self_managed_opt_outs,
            "OptOutListName": self.opt_out_list,
            "DeletionProtectionEnabled": self.deletion_protection,
        }


@dataclass(frozen=True, kw_only=True)
class PhoneNumber:
    """A number that messages are sent from.

    Attributes:
        pool_id: The pool that it is in, if any; the pool's settings then go before its own.
        rate: Message parts a second.
    """

    arn: str
    id: str
    number: str
    country: str
    number_type: str
    message_type: str
    capabilities: tuple[str, ...]
    settings: Settings
    international: bool
    rate: float
    created: float
    status: str = "ACTIVE"
    pool_id: str = ""

    def facts(self) -> dict[str, Any]:
        return {
            "PhoneNumberArn": self.arn,
            "PhoneNumberId": self.id,
            "PhoneNumber": self.number,
            "Status": self.status,
            "IsoCountryCode": self.country,
            "MessageType": self.message_type,
            "NumberCapabilities": list(self.capabilities),
            "NumberType": self.number_type,
            "MonthlyLeasingPrice": "1.00",
            "InternationalSendingEnabled": self.international,
            "PoolId": self.pool_id or None,
            "MessagingLimits": {"RateLimits": {"SMS": int(self.rate)}},
            "CreatedTimestamp": self.created,
            **self.settings.facts(),
        }

    def identity(self) -> dict[str, Any]:
        return {
            "OriginationIdentityArn": self.arn,
            "OriginationIdentity": self.id,
            "IsoCountryCode": self.country,
            "NumberCapabilities": list(self.capabilities),
            "PhoneNumber": self.number,
        }


@dataclass(frozen=True, kw_only=True)
class SenderId:
    """A name that messages are sent from, in one country. It receives none.

    Attributes:
        pool_ids: The pools that it is in: other than a number it may be in several.
    """

    arn: str
    name: str
    country: str
    message_types: tuple[str, ...]
    deletion_protection: bool
    pool_ids: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        return {
            "SenderIdArn": self.arn,
            "SenderId": self.name,
            "IsoCountryCode": self.country,
            "MessageTypes": list(self.message_types),
            "MonthlyLeasingPrice": "0.00",
            "DeletionProtectionEnabled": self.deletion_protection,
            "Registered": False,
        }

    def identity(self) -> dict[str, Any]:
        return {
            "OriginationIdentityArn": self.arn,
            "OriginationIdentity": self.name,
            "IsoCountryCode": self.country,
            "NumberCapabilities": ["SMS"],
        }


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Numbers and sender ids that send for each other."""

    arn: str
    id: str
    message_type: str
    settings: Settings
    created: float
    shared_routes: bool = False
    status: str = "ACTIVE"

    def facts(self) -> dict[str, Any]:
        return {
            "PoolArn": self.arn,
            "PoolId": self.id,
            "Status": self.status,
            "MessageType": self.message_type,
            "SharedRoutesEnabled": self.shared_routes,
            "CreatedTimestamp": self.created,
            **self.settings.facts(),
        }


@dataclass(frozen=True, kw_only=True)
class OptOutList:
    """A list of numbers that get no messages."""

    arn: str
    name: str
    created: float

    def facts(self) -> dict[str, Any]:
        return {"OptOutListArn": self.arn, "OptOutListName": self.name, "CreatedTimestamp": self.created}


@dataclass(frozen=True, kw_only=True)
class OptedOut:
    """A number on such a list.

    Attributes:
        by_the_user: Whether the handset asked for it, rather than the account.
    """

    number: str
    at: float
    by_the_user: bool

    def facts(self) -> dict[str, Any]:
        return {
            "OptedOutNumber": self.number,
            "OptedOutTimestamp": self.at,
            "EndUserOptedOut": self.by_the_user,
        }


@dataclass(frozen=True, kw_only=True)
class ConfigurationSet:
    """Where the events about messages go.

    Attributes:
        destinations: Each as `EventDestination` in the model.
    """

    arn: str
    name: str
    created: float
    destinations: tuple[dict[str, Any], ...] = ()
    message_type: str = ""
    sender_id: str = ""
    feedback: bool | None = None

    def facts(self) -> dict[str, Any]:
        return {
            "ConfigurationSetArn": self.arn,
            "ConfigurationSetName": self.name,
            "EventDestinations": list(self.destinations),
            "DefaultMessageType": self.message_type or None,
            "DefaultSenderId": self.sender_id or None,
            "DefaultMessageFeedbackEnabled": self.feedback,
            "CreatedTimestamp": self.created,
        }


@dataclass(frozen=True, kw_only=True)
class Keyword:
    """A word that a number or a pool answers."""

    word: str
    message: str
    action: str = "AUTOMATIC_RESPONSE"

    def facts(self) -> dict[str, Any]:
        return {"Keyword": self.word, "KeywordMessage": self.message, "KeywordAction": self.action}


def name_of(reference: str) -> str:
    """The name or the id in an ARN, or the reference itself where it is none."""
    return reference.rpartition(":")[2].partition("/")[2] if is_arn(reference) else reference


def is_arn(reference: str) -> bool:
    return reference.startswith("arn:")
