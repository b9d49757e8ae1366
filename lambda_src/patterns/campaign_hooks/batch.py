"""What Pinpoint hands to a campaign hook, and what it takes back.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/segments-dynamic.html.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class BatchUnreadable(Exception):
    """The event is no invocation of a hook: Pinpoint sends to nobody of the batch."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of the batch; anything in it may be missing."""

    id: str
    members: Mapping[str, Any]

    @property
    def user_id(self) -> str:
        user = self.members.get("User")
        user_id = user.get("UserId") if isinstance(user, Mapping) else None
        return user_id if isinstance(user_id, str) else ""

    @property
    def channel_type(self) -> str:
        channel_type = self.members.get("ChannelType")
        return channel_type if isinstance(channel_type, str) else ""

    def values(self, attribute: str) -> frozenset[str]:
        """The values of an attribute, of the endpoint's own or its user's."""
        user = self.members.get("User")
        own = _values(self.members.get("Attributes"), attribute)
        return own | _values(user.get("UserAttributes") if isinstance(user, Mapping) else None, attribute)

    def with_attributes(self, added: Mapping[str, Sequence[str]]) -> "Endpoint":
        """The endpoint with attributes more; those it has may be missing altogether."""
        own = self.members.get("Attributes")
        attributes = dict(own) if isinstance(own, Mapping) else {}
        attributes |= {name: list(values) for name, values in added.items()}
        return Endpoint(self.id, {**self.members, "Attributes": attributes})


@dataclass(frozen=True)
class Batch:
    """The endpoints that a campaign is about to send to.

    Attributes:
        run: One run of a campaign; the same when Pinpoint repeats the call.
        endpoints: Those that can be decided on.
        unreadable: Ids of those that cannot.
    """

    application_id: str
    campaign_id: str
    treatment_id: str
    run: str
    scheduled_time: str
    endpoints: tuple[Endpoint, ...]
    unreadable: tuple[str, ...]

    @property
    def name(self) -> str:
        """The same for the same endpoints of the same run."""
        ids = sorted([endpoint.id for endpoint in self.endpoints] + list(self.unreadable))
        return hashlib.sha256("\n".join([self.treatment_id, *ids]).encode()).hexdigest()[:32]


def batch_of(event: object) -> Batch:
    """Read the event of an invocation.

    Raises:
        BatchUnreadable: There is no map of endpoints, or nothing says which run they belong to.
    """
    if not isinstance(event, Mapping) or not isinstance(event.get("Endpoints"), Mapping):
        raise BatchUnreadable("the event holds no map of Endpoints")
    campaign_id = _text(event, "CampaignId")
    run = _text(event, "ActivityId") or f"{campaign_id}/{_text(event, 'ScheduledTime')}"
    if run == "/":
        raise BatchUnreadable("neither ActivityId nor CampaignId says which run it is")
    endpoints: Mapping[str, object] = event["Endpoints"]
    return Batch(
        application_id=_text(event, "ApplicationId"),
        campaign_id=campaign_id,
        treatment_id=_text(event, "TreatmentId"),
        run=run,
        scheduled_time=_text(event, "ScheduledTime"),
        endpoints=tuple(Endpoint(id_, it) for id_, it in endpoints.items() if isinstance(it, Mapping)),
        unreadable=tuple(id_ for id_, it in endpoints.items() if not isinstance(it, Mapping)),
    )


def _values(attributes: object, name: str) -> frozenset[str]:
    values = attributes.get(name) if isinstance(attributes, Mapping) else None
    if isinstance(values, str):
        return frozenset({values})
    if isinstance(values, (list, tuple)):
        return frozenset(value for value in values if isinstance(value, str))
    return frozenset()


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""
