"""Mail events become records on the stream of the project that sent the mail."""

from typing import Any

import pytest

from engine.receipts.work import work
from engine.worker import GivenUp, Message
from tests.support.engine_works import EMAIL, Works
from tests.support.payloads import payload


def _event(case: str, tags: dict[str, str]) -> dict[str, Any]:
    event = payload(f"eventbridge/ses_{case}")
    event["detail"]["mail"]["tags"] = {name: [value] for name, value in tags.items()}
    return event


def _sent_tags(works: Works) -> dict[str, str]:
    """The tags of a mail that a campaign has sent to endpoint `Id-1`."""
    job = works.import_file("ChannelType,Address,Id\nEMAIL,bounce@simulator.amazonses.com,Id-1\n")
    works.send_campaign(job["Definition"]["SegmentId"], **EMAIL)
    (request,) = works.mail.sent
    return {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}


def _records(works: Works, event: dict[str, Any]) -> list[dict[str, Any]]:
    work(works.context, Message(event))
    works.run()
    return [record for record in works.stream() if record["event_type"].startswith("_email.")]


def test_a_hard_bounce_names_the_endpoint_and_the_run(works: Works) -> None:
    tags = _sent_tags(works)
    (record,) = _records(works, _event("hard_bounce", tags))
    assert record["event_type"] == "_email.hardbounce"
    assert record["client"] == {"client_id": "Id-1"}
    assert record["attributes"]["campaign_activity_id"] == tags["run"]
    assert record["attributes"]["treatment_id"] == "0"
    assert record["event_timestamp"] == 1_795_521_600_000
    assert record["client_context"] == {"custom": {"legacy_identifier": works.app}}
    mail_event = record["facets"]["email_channel"]["mail_event"]
    assert set(mail_event) == {"mail", "bounce"}
    assert mail_event["mail"]["destination"] == ["bounce@simulator.amazonses.com"]
    assert mail_event["bounce"] == {
        "bounce_type": "Permanent",
        "bounce_sub_type": "General",
        "bounced_recipients": [
            {
                "email_address": "bounce@simulator.amazonses.com",
                "action": "failed",
                "status": "5.1.1",
                "diagnostic_code": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "feedback_id": "feedback-1",
        "reporting_mta": "dns; mta",
    }


def test_a_hard_bounce_does_not_change_the_endpoint(works: Works) -> None:
    _records(works, _event("hard_bounce", _sent_tags(works)))
    endpoint = works.pinpoint.get_endpoint(ApplicationId=works.app, EndpointId="Id-1")["EndpointResponse"]
    assert (endpoint["EndpointStatus"], endpoint["OptOut"]) == ("ACTIVE", "NONE")


@pytest.mark.parametrize(
    ("case", "event_type", "feedback", "member"),
    [
        ("send", "_email.send", "received", {"send": {}}),
        (
            "delivery",
            "_email.delivered",
            "delivered",
            {
                "delivery": {
                    "smtp_response": "250 ok",
                    "reporting_mta": "mta",
                    "recipients": ["success@simulator.amazonses.com"],
                    "processing_time_millis": 7,
                }
            },
        ),
        ("soft_bounce", "_email.softbounce", None, None),
        (
            "complaint",
            "_email.complaint",
            None,
            {
                "complaint": {
                    "complained_recipients": [{"email_address": "complaint@simulator.amazonses.com"}],
                    "feedback_id": "f",
                    "user_agent": "ua",
                    "complaint_feedback_type": "abuse",
                }
            },
        ),
        ("open", "_email.open", "opened", {"open": {"ip_address": "192.0.2.1", "user_agent": "ua"}}),
        (
            "click",
            "_email.click",
            "https://example.com",
            {
                "click": {
                    "ip_address": "192.0.2.1",
                    "user_agent": "ua",
                    "link": "https://example.com",
                    "link_tags": {},
                }
            },
        ),
        ("reject", "_email.rejected", None, {"reject": {"reason": "Bad content"}}),
    ],
)
def test_each_kind_has_its_documented_record(
    works: Works, case: str, event_type: str, feedback: str | None, member: Any
) -> None:
    tags = {"app": works.app, "run": "request-1", "claim": "0" * 64}
    (record,) = _records(works, _event(case, tags))
    assert record["event_type"] == event_type
    assert record["attributes"].get("feedback") == feedback
    if member is not None:
        facet = record["facets"]["email_channel"]["mail_event"]
        assert {name: value for name, value in facet.items() if name != "mail"} == member


def test_transactional_mail_names_nobody_but_always_the_same(works: Works) -> None:
    tags = {"app": works.app, "run": "request-1", "claim": "0" * 64}
    _records(works, _event("send", tags))
    one, other = _records(works, _event("delivery", tags))
    assert one["client"]["client_id"] == other["client"]["client_id"]
    assert len(one["client"]["client_id"]) == 36
    assert "campaign_id" not in one["attributes"]


def test_mail_of_others_and_events_without_a_record_are_left_alone(works: Works) -> None:
    assert _records(works, _event("send", {})) == []
    tags = {"app": works.app, "run": "request-1"}
    delayed = _event("send", tags)
    delayed["detail"]["eventType"] = "DeliveryDelay"
    assert _records(works, delayed) == []


def test_an_event_that_is_no_mail_event_is_given_up_with_the_reason(works: Works) -> None:
    with pytest.raises(GivenUp, match="cannot be read"):
        work(works.context, Message({"detail": {"eventType": "Send"}}))
