"""Waiting until counts that go on growing after the traffic have come to rest."""

import time
from collections.abc import Callable
from typing import Final

from embedded.demo.ledger import Counts, compare
from embedded.demo.report import Narrator

# Once nothing is missing, this long is waited for what must not come. What is too many stays so.
_QUIET_SECONDS: Final = 3.0
# Once nothing changes any more for this long, what is missing will not come. A function may work on a long
# batch before it tells what it did, beside other parts on a busy laptop.
_STILL_SECONDS: Final = 60.0
# Something that never comes to rest is off, too.
_SETTLE_SECONDS: Final = 600.0


def settle(
    expected: Counts,
    seen: Counts,
    late: Callable[[], Counts],
    narrator: Narrator,
    *,
    still: float = _STILL_SECONDS,
    within: float = _SETTLE_SECONDS,
) -> Counts:
    """Reads until nothing is missing and nothing more comes, or until nothing changes any more.

    Args:
        expected: The counts computed before.
        seen: Those that are final.
        late: Reads those that may still change.
        narrator: Told how many are still to come.
        still: Seconds without a change after which what is missing is given up.
        within: Seconds after which it is read no more.

    Returns:
        Those that are final and those that were read last.
    """
    began = changed = time.monotonic()
    counts: Counts = {}
    while True:
        asked = time.monotonic()
        before, counts = counts, late()
        now = time.monotonic()
        if counts != before:
            changed = now
        missing = sum(one.seen < one.expected for one in compare(expected, {**seen, **counts}))
        narrator.detail(f"{missing} counts still to come")
        patience = still if missing else _QUIET_SECONDS
        if now - changed > patience or now - began > within:
            return {**seen, **counts}
        # To read takes up what is waited for: a third of the time is enough for it.
        time.sleep(max(0.5, 2 * (now - asked)))
