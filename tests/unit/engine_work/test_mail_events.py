"""What becomes of mail sets off campaigns: each report once, and only where an endpoint is known."""

from copy import deepcopy
from typing import Any

from engine.receipts.work import work
from engine.worker import Message
from tests.support.engine_events import counted, event_schedule, on_the_clock, start_event_campaign
from tests.support.engine_works import EMAIL, Works
from tests.support.payloads import payload


def _answer(works: Works, event_type: str) -> str:
    event_types = {"EventType": {"DimensionType": "INCLUSIVE", "Values": [event_type]}}
    return start_event_campaign(works, event_schedule(event_types, filter_type="SYSTEM"))


def _report(case: str, tags: dict[str, str]) -> dict[str, Any]:
    event = payload(f"eventbridge/ses_{case}")
    event["detail"]["mail"]["tags"] = {name: [value] for name, value in tags.items()}
    return event


def test_one_report_triggers_a_campaign_once_and_the_next_opening_again(works: Works) -> None:
    works = on_the_clock(works)
    job = works.import_file("ChannelType,Address,Id\nEMAIL,success@simulator.amazonses.com,Id-1\n")
    works.send_campaign(job["Definition"]["SegmentId"], **EMAIL)
    tags = {tag["Name"]: tag["Value"] for tag in works.mail.sent[0]["EmailTags"]}
    works.pinpoint.update_endpoint(
        ApplicationId=works.app,
        EndpointId="Id-1",
        EndpointRequest={"ChannelType": "CUSTOM", "Address": "inbox", "OptOut": "NONE"},
    )
    campaign = _answer(works, "_email.open")
    works.world.clock.advance(seconds=2)
    once = _report("open", tags)
    again = once | {"id": "the same report under another id"}
    later = deepcopy(once)
    later["detail"]["open"]["timestamp"] = "2026-11-24T12:07:00.000Z"

    for event in (once, again, later):
        work(works.context, Message(event))
    works.run(copies=2)

    assert works.functions.seen_by("channel") == ["Id-1", "Id-1"]
    assert counted(works, campaign) == {"Status.SUCCESS": 2}


def test_what_becomes_of_transactional_mail_triggers_nothing(works: Works) -> None:
    campaign = _answer(works, "_email.open")

    work(works.context, Message(_report("open", {"app": works.app, "run": "request"})))
    works.run()

    assert "trigger" in {body.get("Kind") for _, body in works.pump.handled}
    assert counted(works, campaign) == {}
    assert works.functions.calls == []
