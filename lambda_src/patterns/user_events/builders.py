"""Ready-made events, to be put into the queue or onto the bus by a backend of one's own.

This module needs nothing but Python, and no AWS library. From the installed wheel:
`from pinpoint_patterns.lambda_src.patterns.user_events import builders`.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams-data-app.html for the events that
begin with an underscore.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

BUS_DETAIL_TYPE: Final = "User Event"
_LONGEST_DURATION: Final = 2**31 - 1


@dataclass(frozen=True)
class Demographic:
    """The device; what is None stays as it is.

    Attributes:
        platform, platform_version, make, model, model_version, app_version: As the device says.
        locale: Such as `en_GB`.
        timezone: A tz name, such as `Europe/London`; quiet time needs it.
    """

    platform: str | None = None
    platform_version: str | None = None
    make: str | None = None
    model: str | None = None
    model_version: str | None = None
    app_version: str | None = None
    locale: str | None = None
    timezone: str | None = None

    def to_dict(self) -> dict[str, str]:
        """`Demographic` of the API."""
        return _present({_pascal(name): value for name, value in vars(self).items()})


@dataclass(frozen=True)
class Location:
    """Where somebody is; what is None stays as it is.

    Attributes:
        country: Two letters, ISO 3166-1.
        latitude, longitude: Degrees, both or neither.
    """

    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """`Location` of the API."""
        return _present({_pascal(name): value for name, value in vars(self).items()})


@dataclass(frozen=True)
class Changes:
    """What an event changes of its endpoint in the same call.

    Attributes:
        attributes: Each replaces its whole list of values.
        metrics: Each replaces its value.
        user_id: Whose endpoint it is.
        user_attributes: As `attributes`, of the user.
        opt_out: `ALL` or `NONE`.
    """

    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    user_id: str | None = None
    user_attributes: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    demographic: Demographic = Demographic()
    location: Location = Location()
    opt_out: Literal["ALL", "NONE"] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The members of an endpoint as the API has them."""
        user = {"UserId": self.user_id, "UserAttributes": _lists(self.user_attributes)}
        members = {
            "Attributes": _lists(self.attributes),
            "Metrics": dict(self.metrics),
            "User": {name: value for name, value in user.items() if value},
            "Demographic": self.demographic.to_dict(),
            "Location": self.location.to_dict(),
            "OptOut": self.opt_out,
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True)
class ExistingEndpoint:
    """An endpoint that the project surely has."""

    endpoint_id: str
    changes: Changes = Changes()

    def to_dict(self) -> dict[str, Any]:
        """The members of a message that say whose event it is."""
        endpoint = self.changes.to_dict()
        return {
            "EndpointId": self.endpoint_id,
            "EndpointExists": True,
            **({"Endpoint": endpoint} if endpoint else {}),
        }


@dataclass(frozen=True)
class CompleteEndpoint:
    """An endpoint that is made, or written anew, with all that it needs to be reached.

    Attributes:
        channel_type: `EMAIL`, `SMS`, `APNS`, `GCM`…
        address: Of that channel.
        opt_out: `NONE` for who may be sent to. It has to be said: whoever is not asked is not opted in.
    """

    endpoint_id: str
    channel_type: str
    address: str
    opt_out: Literal["ALL", "NONE"]
    changes: Changes = Changes()

    def to_dict(self) -> dict[str, Any]:
        """The members of a message that say whose event it is."""
        return {
            "EndpointId": self.endpoint_id,
            "Endpoint": {
                **self.changes.to_dict(),
                "ChannelType": self.channel_type,
                "Address": self.address,
                "OptOut": self.opt_out,
            },
        }


@dataclass(frozen=True)
class EndpointsOfUser:
    """Every active endpoint of a user, or those of some channels.

    Attributes:
        channels: Channel types; all if empty.
        changes: Made to each of the endpoints.
    """

    user_id: str
    channels: tuple[str, ...] = ()
    changes: Changes = Changes()

    def to_dict(self) -> dict[str, Any]:
        """The members of a message that say whose event it is."""
        endpoint = self.changes.to_dict()
        return {
            "UserId": self.user_id,
            **({"Channels": list(self.channels)} if self.channels else {}),
            **({"Endpoint": endpoint} if endpoint else {}),
        }


Subject: TypeAlias = ExistingEndpoint | CompleteEndpoint | EndpointsOfUser


@dataclass(frozen=True)
class Session:
    """A visit to an app."""

    session_id: str
    started_at: datetime
    stopped_at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """`Session` of the API."""
        session: dict[str, Any] = {"Id": self.session_id, "StartTimestamp": moment(self.started_at)}
        if self.stopped_at is not None:
            session["StopTimestamp"] = moment(self.stopped_at)
            duration = round((self.stopped_at - self.started_at).total_seconds() * 1000)
            # The API's whole numbers end at 24 days; the two times say it all.
            if 0 <= duration <= _LONGEST_DURATION:
                session["Duration"] = duration
        return session


@dataclass(frozen=True)
class UserEvent:
    """Something that somebody did.

    Attributes:
        subject: Whose event it is.
        event_type: Its name. One that begins with an underscore is the service's own.
        at: When it happened, with a time zone.
        attributes: Texts of at most 200 characters, unlike an endpoint's lists.
        event_id: The same whenever the same event is sent again; made from all of it if empty.
    """

    subject: Subject
    event_type: str
    at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    session: Session | None = None
    event_id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The message, or one element of a message's list.

        Raises:
            ValueError: A time has no zone.
        """
        return {
            **self.subject.to_dict(),
            **({"EventId": self.event_id} if self.event_id else {}),
            "EventType": self.event_type,
            "Timestamp": moment(self.at),
            **({"Attributes": dict(self.attributes)} if self.attributes else {}),
            **({"Metrics": dict(self.metrics)} if self.metrics else {}),
            **({"Session": self.session.to_dict()} if self.session else {}),
        }

    def to_json(self) -> str:
        """The body of a message for the queue."""
        return json.dumps(self.to_dict())

    def to_bus_entry(self, *, bus: str, source: str) -> dict[str, str]:
        """An entry of EventBridge's PutEvents.

        Args:
            bus: The bus's name or ARN.
            source: Who says so, such as `com.example.shop`.
        """
        return {
            "EventBusName": bus,
            "Source": source,
            "DetailType": BUS_DETAIL_TYPE,
            "Detail": self.to_json(),
        }


def moment(at: datetime) -> str:
    """A time in UTC with milliseconds and its zone.

    Raises:
        ValueError: It has no zone: nobody could say when that was.
    """
    if at.tzinfo is None:
        raise ValueError("a time must have a zone: pass datetime.now(timezone.utc), not datetime.now()")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _lists(attributes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in attributes.items()}


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
