"""One send to one address in one run: claimed before it, settled after it, and never claimed twice.

An entry's key is run, channel and a digest of the address; its value is the endpoint. Entries also let
a receipt of the mail service find the endpoint; they are forgotten after `_KEPT_DAYS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.context import Context
from engine.deliveries.batch import TREATMENT, Batch
from engine.store import Document, Item, Key, Put, TransactionLost, ledger_key

# Longer than a delivery worker may run: who still holds a claim after it is dead.
LEASE_SECONDS: Final = 300
# Opens and clicks come in for weeks.
_KEPT_DAYS: Final = 60


class Busy(Exception):
    """Another worker holds claims of this batch for some more seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"claimed for {seconds} more seconds")
        self.seconds = seconds


@dataclass(frozen=True)
class Standing:
    """What the ledger says of a batch before it is sent.

    Attributes:
        settled: The outcome by lower-cased endpoint id, of an earlier delivery of this batch.
        duplicates: Ids whose address belongs to another endpoint's send.
        lost: Entries that were claimed and never settled: nobody knows whether they were sent.
    """

    settled: Mapping[str, str]
    duplicates: frozenset[str]
    lost: Mapping[str, Item]


def entry_key(run: str, endpoint: Document) -> Key:
    """Where an endpoint's send is entered."""
    return ledger_key(run, endpoint["ChannelType"], endpoint["Address"])


def standing(context: Context, batch: Batch, endpoints: Sequence[Document]) -> Standing:
    """Read the entries of a batch.

    Raises:
        Busy: One is claimed by a worker that may still be at it.
    """
    run = batch.run.activity_id
    keys = {endpoint["Id"].lower(): entry_key(run, endpoint) for endpoint in endpoints}
    found = context.store.get_many(keys.values())
    settled: dict[str, str] = {}
    duplicates: set[str] = set()
    lost: dict[str, Item] = {}
    now = int(context.now().timestamp())
    for endpoint_id, key in keys.items():
        entry = found.get(key)
        if entry is None:
            continue
        if entry.doc["Endpoint"] != endpoint_id:
            duplicates.add(endpoint_id)
        elif entry.doc["State"] == "SETTLED":
            settled[endpoint_id] = entry.doc["Outcome"]
        elif entry.doc["Lease"] > now:
            raise Busy(entry.doc["Lease"] - now)
        else:
            lost[endpoint_id] = entry
    return Standing(settled, frozenset(duplicates), lost)


def claim(context: Context, batch: Batch, endpoints: Sequence[Document]) -> tuple[list[Document], list[str]]:
    """Claim the addresses of endpoints; gives those that may be sent to, and the ids of duplicates.

    Raises:
        Busy: Another worker has just claimed the same endpoints.
    """
    now = int(context.now().timestamp())
    duplicates: list[str] = []
    wanted: dict[Key, Document] = {}
    for endpoint in endpoints:
        key = entry_key(batch.run.activity_id, endpoint)
        if key in wanted:
            duplicates.append(endpoint["Id"].lower())
        else:
            wanted[key] = endpoint
    while wanted:
        puts = [_claimed(batch, key, endpoint, now) for key, endpoint in wanted.items()]
        try:
            context.store.write(puts)
            break
        except TransactionLost as lost:
            for index in lost.lost:
                endpoint = wanted.pop(puts[index].key)
                existing = lost.existing.get(index) or context.store.get(puts[index].key)
                if existing is not None and existing.doc["Endpoint"] == endpoint["Id"].lower():
                    raise Busy(LEASE_SECONDS) from lost
                duplicates.append(endpoint["Id"].lower())
    return list(wanted.values()), duplicates


def settle(context: Context, batch: Batch, sent: Sequence[tuple[Document, str, str | None]]) -> None:
    """Enter what became of claimed sends: endpoint, outcome, and the message's id if it has one."""
    now = int(context.now().timestamp())
    context.store.put_all(
        _entry(
            batch,
            entry_key(batch.run.activity_id, endpoint),
            endpoint,
            {"State": "SETTLED", "Outcome": outcome, **({"MessageId": message_id} if message_id else {})},
            now,
        )
        for endpoint, outcome, message_id in sent
    )


def _claimed(batch: Batch, key: Key, endpoint: Document, now: int) -> Put:
    return _entry(batch, key, endpoint, {"State": "CLAIMED", "Lease": now + LEASE_SECONDS}, now, 0)


def _entry(
    batch: Batch,
    key: Key,
    endpoint: Document,
    state: Mapping[str, Any],
    now: int,
    expected: int | None = None,
) -> Put:
    doc = {
        "ApplicationId": batch.run.application_id,
        "CampaignId": batch.run.campaign_id,
        "ActivityId": batch.run.activity_id,
        "TreatmentId": TREATMENT,
        "Endpoint": endpoint["Id"].lower(),
        "EndpointId": endpoint["Id"],
        **state,
    }
    return Put(key, doc, expected, ttl=now + _KEPT_DAYS * 86_400)
