"""However often events are put and delivered, in whatever order, wherever workers die: one message each.

The faults are those of `test_nobody_twice`.
"""

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.engine_events import activities, put_events, start_event_campaign
from tests.support.engine_works import engine_works
from tests.support.faults import Faults, faulty_context

PEOPLE = 12
EVENTS = 3


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), copies=st.integers(1, 2), rate=st.sampled_from([0.0, 0.01, 0.03]))
def test_every_event_sends_one_message_and_all_runs_balance(seed: int, copies: int, rate: float) -> None:
    rng = random.Random(seed)
    with engine_works() as works:
        campaign = start_event_campaign(works)
        context = faulty_context(works, Faults(rng, rate))
        put = [(f"e-{event}", f"id-{person}") for event in range(EVENTS) for person in range(PEOPLE)]
        for event_id, person in rng.sample(put, len(put)) + rng.sample(put, len(put) // 2):
            put_events(works, person, event_id=event_id, Endpoint={"Address": f"inbox-{person}"})
            if rng.random() < 0.1:
                works.pump.run(context, copies=copies, shuffle=rng, patient=True)
        works.pump.run(context, copies=copies, shuffle=rng, patient=True)

        runs = activities(works, campaign)
        assert {run["State"] for run in runs} == {"COMPLETED"}
        assert sum(run["TotalEndpointCount"] for run in runs) == len(put)
        called = Counter(works.functions.seen_by("channel"))
        assert max(called.values()) <= EVENTS
        told = Counter((e["ActivityId"], name) for _, e in works.functions.calls for name in e["Endpoints"])
        assert max(told.values()) == 1
        ended = Counter[str]()
        for run in runs:
            ended.update({name: int(count) for name, count in run["ExecutionMetrics"].items()})
        assert set(ended) <= {"Status.SUCCESS", "Status.UNKNOWN", "Status.EXPIRED", "NotSent.DEAD_LETTERED"}
        assert ended["Status.SUCCESS"] <= called.total()
        if rate == 0.0:
            assert ended == {"Status.SUCCESS": len(put)}
            assert called.total() == len(put)
