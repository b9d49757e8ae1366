"""A batch as loaded for delivery: at most fifty endpoints, and all that is needed to send to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.campaigns.progress import TAKEN_UP, Run
from engine.context import Context
from engine.operations.documents import channel_key, settings_key
from engine.senders.custom import shown_endpoint
from engine.store import Document, Item, endpoint_key, member_key

# A campaign without treatments has this one.
TREATMENT = "0"


@dataclass(frozen=True)
class Batch:
    """One batch of one run.

    Attributes:
        run: The run.
        item: The batch's own record.
        campaign, settings: Documents; empty where the application has none.
        channel: Its channel of the batch's kind; empty if it has none.
        activity: The run's document.
        endpoints: By lower-cased id; who no longer exists is missing.
    """

    run: Run
    item: Item
    campaign: Document
    activity: Document
    settings: Document
    channel: Document
    endpoints: Mapping[str, Document] = field(default_factory=dict[str, Document])

    @property
    def ids(self) -> list[str]:
        ids: list[str] = self.item.doc["Ids"]
        return ids

    @property
    def kind(self) -> str:
        """`EMAIL`, `SMS`, `CUSTOM`, or `HOLDOUT` for those that only get an event."""
        return str(self.item.doc["Kind"])

    @property
    def scheduled_time(self) -> str:
        """When the run was to start, in ISO 8601."""
        return str(self.activity.get("ScheduledStart") or self.activity["Start"])

    def campaign_arn(self, context: Context) -> str:
        return context.campaign_arn(self.run.application_id, self.run.campaign_id)

    def payload(self, endpoints: Sequence[Document]) -> dict[str, Any]:
        """What hooks and custom channels are told."""
        return {
            "ApplicationId": self.run.application_id,
            "CampaignId": self.run.campaign_id,
            "TreatmentId": TREATMENT,
            "ActivityId": self.run.activity_id,
            "ScheduledTime": self.scheduled_time,
            "Endpoints": {endpoint["Id"]: shown_endpoint(endpoint) for endpoint in endpoints},
        }

    def direct_message(self) -> dict[str, Any]:
        """The campaign's message in the shape of a `DirectMessageConfiguration`, as a hook sees it."""
        configuration = self.campaign.get("MessageConfiguration", {})
        message: dict[str, Any] = {}
        if email := configuration.get("EmailMessage"):
            parts = {"Subject": email.get("Title"), "TextPart": email.get("Body")}
            parts["HtmlPart"] = email.get("HtmlBody")
            simple = {name: {"Data": part} for name, part in parts.items() if part}
            message["EmailMessage"] = {"SimpleEmail": simple}
            if email.get("FromAddress"):
                message["EmailMessage"]["FromAddress"] = email["FromAddress"]
        # Its members are those of a direct message.
        if sms := configuration.get("SMSMessage"):
            message["SMSMessage"] = sms
        if custom := configuration.get("CustomMessage"):
            message["CustomMessage"] = custom
        return message


def load_batch(context: Context, run: Run, name: str) -> Batch | None:
    """A batch that is still to be sent, or failed on every attempt; None if it is done."""
    key = run.batch_key(name)
    settings = settings_key(run.application_id)
    channels = {kind: channel_key(run.application_id, kind) for kind in ("EMAIL", "SMS")}
    keys = [key, run.key, run.campaign_key, run.tree_key, settings, *channels.values()]
    found = context.store.get_many(keys)
    item, activity = found.get(key), found.get(run.key)
    if item is None or activity is None or item.doc["State"] == "DONE":
        return None
    if activity.doc["State"] not in TAKEN_UP:
        return None

    channel = channels.get(item.doc["Kind"])

    def doc(item: Item | None) -> Document:
        return {} if item is None else item.doc

    return Batch(
        run,
        item,
        campaign=_unless_deleted(doc(found.get(run.campaign_key))),
        activity=activity.doc,
        settings=doc(found.get(settings)),
        channel={} if channel is None else doc(found.get(channel)),
        endpoints=_endpoints(context, run, item.doc["Ids"], doc(found.get(run.tree_key)).get("Walk")),
    )


def _unless_deleted(campaign: Document) -> Document:
    """A campaign; nothing if its segment was deleted, which leaves it there as DELETED."""
    return {} if campaign.get("State") == {"CampaignStatus": "DELETED"} else campaign


def _endpoints(
    context: Context, run: Run, ids: Sequence[str], walk: Mapping[str, str] | None
) -> dict[str, Document]:
    """The endpoints as they are now; where an import did not register them, as it defined them."""
    keys = {endpoint_key(run.application_id, name): name for name in ids}
    members = {}
    if walk is not None:
        members = {member_key(run.application_id, walk["SegmentId"], name): name for name in ids}
    endpoints: dict[str, Document] = {}
    for key, item in context.store.get_many([*keys, *members]).items():
        if key in keys:
            endpoints.setdefault(keys[key], item.doc)
        elif walk is not None and item.doc.get("Job") == walk["JobId"] and "Endpoint" in item.doc:
            endpoints[members[key]] = item.doc["Endpoint"]
    return endpoints
