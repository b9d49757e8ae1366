"""A hook put together: filters, a time budget, an audit trail."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from patterns.campaign_hooks.audit import AuditTrail
from patterns.campaign_hooks.batch import batch_of
from patterns.campaign_hooks.filters import Deadline, Filter, decide
from pinpoint_runtime.logger import logger
from pinpoint_runtime.metrics import emit

_LOG: Final = logger(__name__)


@dataclass(frozen=True)
class Hook:
    """What one hook function does.

    Attributes:
        filters: In the order in which they decide.
        audit: Where decisions are recorded, if they are.
        budget: Seconds for the filters.
        clock: Epoch seconds.
        monotonic: Seconds that only grow.
    """

    filters: Sequence[Filter]
    audit: AuditTrail | None
    budget: float
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def answer(self, event: object) -> dict[str, Any]:
        """The bare map of the endpoints to send to, as they came or as filters changed them."""
        deadline = Deadline(self.monotonic() + self.budget, self.monotonic)
        batch = batch_of(event)
        decision = decide(batch, self.filters, deadline)
        if self.audit:
            self.audit.record(batch, decision, self.clock())
        _LOG.info(
            "decided",
            extra={
                "run": batch.run,
                "kept": len(decision.kept),
                "left_out": dict(Counter(decision.left_out.values())),
                "notes": dict(Counter(decision.notes.values())),
            },
        )
        counts = {
            "Kept": len(decision.kept),
            "LeftOut": len(decision.left_out),
            "FellBack": len(decision.notes),
        }
        emit({"Pattern": "CampaignHooks"}, counts, self.clock())
        return {endpoint.id: endpoint.members for endpoint in decision.kept}
