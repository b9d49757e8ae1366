"""How many messages one endpoint may get: in 24 hours, and from one campaign altogether.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html
(CampaignLimits: `Daily` and `Total`). As documented, campaigns at the same moment may exceed a limit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine import choices
from engine.campaigns.schedule import is_event_campaign
from engine.context import Context
from engine.deliveries.batch import Batch
from engine.deliveries.limits import limit_of
from engine.store import Document, Item, Key, Put, shard_of

_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class _Cap:
    """One limit: the status of who has reached it, where messages are counted, how far back they count."""

    status: str
    limit: int
    partition: str
    seconds: int

    def key(self, endpoint: Document) -> Key:
        name = endpoint["Id"].lower()
        return Key(f"{self.partition}#{shard_of(name):03d}", name)

    def others(self, item: Item | None, run: str, now: int) -> dict[str, int]:
        """The runs that have sent to an endpoint, other than this one, with the moments they did."""
        runs: dict[str, int] = {} if item is None else item.doc["Runs"]
        return {name: at for name, at in runs.items() if name != run and at > now - self.seconds}


def capped(context: Context, batch: Batch, endpoints: Sequence[Document]) -> dict[str, str]:
    """The `campaign_send_status` of endpoints that have had all messages they may get, by lower-cased id."""
    now = int(context.now().timestamp())
    statuses: dict[str, str] = {}
    for cap in _caps(batch):
        names = {cap.key(endpoint): endpoint["Id"].lower() for endpoint in endpoints}
        for key, item in context.store.get_many(names).items():
            if len(cap.others(item, batch.run.activity_id, now)) >= cap.limit:
                statuses.setdefault(names[key], cap.status)
    return statuses


def count_messages(context: Context, batch: Batch, endpoints: Sequence[Document]) -> None:
    """Count a message to each endpoint; the same run counts once, however often it is repeated."""
    now = int(context.now().timestamp())
    run = batch.run.activity_id
    for cap in _caps(batch):
        keys = [cap.key(endpoint) for endpoint in endpoints]
        found = context.store.get_many(keys)
        context.store.put_all(
            Put(
                key,
                {"Runs": {**cap.others(found.get(key), run, now), run: now}},
                ttl=now + cap.seconds + _DAY_SECONDS,
            )
            for key in keys
        )


def _caps(batch: Batch) -> Iterator[_Cap]:
    daily = limit_of("Daily", batch.campaign, batch.settings)
    if daily is not None:
        yield _Cap("DAILY_CAP", daily, f"DAY#{batch.run.application_id}", _DAY_SECONDS)
    total = limit_of("Total", batch.campaign, batch.settings)
    # Another campaign has one run with one message to each, which any limit allows.
    if total is not None and is_event_campaign(batch.campaign):
        remembered = choices.TOTAL_LIMIT_REMEMBERED_DAYS * _DAY_SECONDS
        yield _Cap("CAMPAIGN_CAP", total, f"TOTAL#{batch.run.campaign_id}", remembered)
