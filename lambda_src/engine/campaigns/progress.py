"""How far a run of a campaign is, and its end.

`PIECES#activity` / `PROGRESS` counts pieces and batches, made and done. The activity itself counts
people, under names that its `ExecutionMetrics` show:

- `LeftOut.<reason>`: in the segment, never targeted;
- `TotalEndpointCount`: targeted, which in the end is the sum of
- `Status.<campaign_send_status>`: an event on the stream says so, and
- `NotSent.<reason>`: left out after targeting, for a reason that has no documented status;
- `DeadLettered.Pieces`: parts of the segment that were not looked at to their end.

What failed on every attempt is counted as such, so that its run ends, and is a dead letter. When that is
put back on its queue, its work is done after all, and the counts and the run's result are made right.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.campaigns.schedule import is_event_campaign
from engine.context import Context, iso
from engine.operations.documents import activity_key, campaign_key
from engine.store import Edit, Item, Key, TransactionLost, Write
from pinpoint_runtime.logger import logger

_log = logger(__name__)

# The states of a run whose messages are worked on: one that has ended has only its dead letters left.
TAKEN_UP: Final = ("RUNNING", "COMPLETED")


@dataclass(frozen=True)
class Run:
    """One run of a campaign."""

    application_id: str
    campaign_id: str
    activity_id: str

    @property
    def key(self) -> Key:
        return activity_key(self.application_id, self.campaign_id, self.activity_id)

    @property
    def campaign_key(self) -> Key:
        return campaign_key(self.application_id, self.campaign_id)

    @property
    def progress_key(self) -> Key:
        return Key(f"PIECES#{self.activity_id}", "PROGRESS")

    @property
    def tree_key(self) -> Key:
        return Key(f"PIECES#{self.activity_id}", "SEGMENT")

    def piece_key(self, piece: int) -> Key:
        return Key(f"PIECES#{self.activity_id}", f"piece#{piece:04d}")

    def batch_key(self, batch: str) -> Key:
        return Key(f"PIECES#{self.activity_id}", f"batch#{batch}")

    def names(self) -> dict[str, str]:
        """The ids, as queue messages carry them."""
        return {
            "ApplicationId": self.application_id,
            "CampaignId": self.campaign_id,
            "ActivityId": self.activity_id,
        }


def run_of(body: Mapping[str, str]) -> Run:
    """The run that a queue message is about."""
    return Run(body["ApplicationId"], body["CampaignId"], body["ActivityId"])


def finish_if_done(context: Context, run: Run) -> None:
    """End a run whose pieces and batches are all done; otherwise, and the second time, nothing happens."""
    progress = context.store.get(run.progress_key)
    if progress is None:
        return
    counted = Counter(progress.counters)
    if counted["PiecesDone"] < counted["Pieces"] or counted["BatchesDone"] < counted["Batches"]:
        return
    failed = counted["BatchesFailed"] or counted["PiecesFailed"]
    end(context, run, result="FAIL" if failed else "SUCCESS")


def end(context: Context, run: Run, *, result: str, reason: str | None = None) -> None:
    """End a run, and its campaign with it; a run that has ended keeps all but a result made right since."""
    found = context.store.get_many([run.key, run.campaign_key])
    activity, campaign = found.get(run.key), found.get(run.campaign_key)
    if activity is None or activity.doc["State"] == "CANCELLED" or activity.doc.get("Result") == result:
        return
    if activity.doc["State"] == "COMPLETED":
        # A dead letter was taken up again. If others write now, its message comes again.
        context.store.write([Edit(activity.key, activity.doc | {"Result": result}, activity.version)])
        return
    outcome = {"State": "COMPLETED", "Result": result, "End": iso(context.now())}
    if reason is not None:
        _log.warning("a campaign could not run: %s", reason, extra={"activity": run.activity_id})
        metrics = {**activity.doc.get("ExecutionMetrics", {}), "FailureReason": reason}
        outcome["ExecutionMetrics"] = metrics  # type: ignore[assignment]
    writes: list[Write] = [Edit(activity.key, activity.doc | outcome, activity.version)]
    # A campaign that is sent in response to events goes on after each run.
    goes_on = campaign is None or is_event_campaign(campaign.doc)
    if campaign is not None and not goes_on and _status(campaign) in ("SCHEDULED", "EXECUTING"):
        state = {"CampaignStatus": "INVALID" if reason is not None else "COMPLETED"}
        writes.append(Edit(campaign.key, campaign.doc | {"State": state}, campaign.version))
    try:
        context.store.write(writes)
    except TransactionLost:
        current = context.store.get(run.key)
        if current is not None and current.doc["State"] != "COMPLETED":
            # Not ended by somebody else: the campaign was changed or deleted at this very moment.
            raise


def _status(campaign: Item) -> str:
    return str(campaign.doc.get("State", {}).get("CampaignStatus", ""))
