"""Whatever is delivered twice, in whatever order, wherever workers die: nobody is sent to twice.

The faults are those of the real world: a call to the table or a queue fails before or after it had its
effect, and the worker dies with it; the message comes again.
"""

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.engine_works import CUSTOM, engine_works, held_in_balance
from tests.support.faults import Faults, faulty_context

COUNT = 120
ROWS = "".join(
    # Some share an address, some are opted out.
    f"CUSTOM,inbox-{i if i % 10 else 0},id-{i},{'ALL' if i % 7 == 0 else 'NONE'}\n"
    for i in range(COUNT)
)
FILE = "ChannelType,Address,Id,OptOut\n" + ROWS


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), copies=st.integers(1, 2), rate=st.sampled_from([0.0, 0.01, 0.03]))
def test_nobody_is_sent_to_twice_and_everybody_is_accounted_for(seed: int, copies: int, rate: float) -> None:
    rng = random.Random(seed)
    with engine_works() as works:
        job = works.start_import(works.put("file.csv", FILE), RegisterEndpoints=False)
        faults = Faults(rng, rate)
        context = faulty_context(works, faults)
        works.pump.run(context, copies=copies, shuffle=rng, patient=True)
        ended = works.job(job["Id"])
        assert ended["JobStatus"] in ("COMPLETED", "FAILED")
        if ended["JobStatus"] == "FAILED":
            # The plan or a piece died on each of its attempts: said so, and nobody can be sent to.
            assert "in time" in ended["Failures"][0] or "could not be processed" in ended["Failures"][0]
            return
        assert (ended["TotalProcessed"], ended["TotalFailures"]) == (COUNT, 0)

        campaign = works.start_campaign(ended["Definition"]["SegmentId"], **CUSTOM)
        works.pump.run(context, copies=copies, shuffle=rng, patient=True)

        activity = works.activity(campaign["Id"])
        assert activity["State"] == "COMPLETED"
        assert held_in_balance(activity)
        # What failed on every attempt is put back by a person, when all is well again.
        faults.rate = 0.0
        works.pump.redrive()
        works.pump.run(context, copies=copies, shuffle=rng)

        activity = works.activity(campaign["Id"])
        assert not works.pump.dead
        assert held_in_balance(activity)
        metrics = activity["ExecutionMetrics"]
        if "FailureReason" in metrics:
            # The plan died on each of its attempts: said so, and nobody was sent to.
            assert not works.functions.calls
            return
        opted_out = int(metrics.get("LeftOut.OPT_OUT", 0))
        assert opted_out == sum(1 for i in range(COUNT) if i % 7 == 0)
        assert activity["TotalEndpointCount"] + opted_out == COUNT
        called = Counter(works.functions.seen_by("channel"))
        assert max(called.values(), default=1) == 1
        assert not {f"id-{i}" for i in range(0, COUNT, 7)} & set(called)
        addresses = Counter(
            endpoint["Address"]
            for _, event in works.functions.calls
            for endpoint in event["Endpoints"].values()
        )
        assert max(addresses.values(), default=1) == 1
        sent = int(metrics.get("Status.SUCCESS", 0))
        unknown = int(metrics.get("Status.UNKNOWN", 0))
        assert sent <= len(called) <= sent + unknown
        if rate == 0.0:
            assert unknown == 0
            assert sent == len(called)
