"""Mail events become records on the stream of the project that sent the mail."""

from typing import Any

import pytest

from engine.receipts.work import work
from engine.worker import GivenUp, Message
from tests.support.engine_works import EMAIL, Works


def _event(kind: str, tags: dict[str, str], **detail: Any) -> dict[str, Any]:
    return {
        "source": "aws.ses",
        "detail-type": f"Email {kind}",
        "detail": {
            "eventType": kind,
            "mail": {
                "timestamp": "2026-11-24T12:00:00.000Z",
                "source": "sender@example.com",
                "messageId": "message-1",
                "destination": ["bounce@simulator.amazonses.com"],
                "headersTruncated": False,
                "headers": [{"name": "From", "value": "sender@example.com"}],
                "commonHeaders": {
                    "from": ["sender@example.com"],
                    "to": ["bounce@simulator.amazonses.com"],
                    "subject": "Hello",
                },
                "tags": {name: [value] for name, value in tags.items()},
            },
            **detail,
        },
    }


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


BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [
        {
            "emailAddress": "bounce@simulator.amazonses.com",
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    ],
    "timestamp": "2026-11-24T12:00:01.000Z",
    "feedbackId": "feedback-1",
    "reportingMTA": "dns; mta",
}


def test_a_hard_bounce_names_the_endpoint_and_the_run(works: Works) -> None:
    tags = _sent_tags(works)
    (record,) = _records(works, _event("Bounce", tags, bounce=BOUNCE))
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
    _records(works, _event("Bounce", _sent_tags(works), bounce=BOUNCE))
    endpoint = works.pinpoint.get_endpoint(ApplicationId=works.app, EndpointId="Id-1")["EndpointResponse"]
    assert (endpoint["EndpointStatus"], endpoint["OptOut"]) == ("ACTIVE", "NONE")


@pytest.mark.parametrize(
    ("kind", "detail", "event_type", "feedback", "member"),
    [
        ("Send", {"send": {}}, "_email.send", "received", {"send": {}}),
        (
            "Delivery",
            {"delivery": {"smtpResponse": "250 ok", "reportingMTA": "mta", "processingTimeMillis": 7}},
            "_email.delivered",
            "delivered",
            {
                "delivery": {
                    "smtp_response": "250 ok",
                    "reporting_mta": "mta",
                    "recipients": ["bounce@simulator.amazonses.com"],
                    "processing_time_millis": 7,
                }
            },
        ),
        (
            "Bounce",
            {"bounce": {"bounceType": "Transient"}},
            "_email.softbounce",
            None,
            None,
        ),
        (
            "Complaint",
            {
                "complaint": {
                    "complainedRecipients": [{"emailAddress": "a@example.com"}],
                    "feedbackId": "f",
                    "userAgent": "ua",
                    "complaintFeedbackType": "abuse",
                }
            },
            "_email.complaint",
            None,
            {
                "complaint": {
                    "complained_recipients": [{"email_address": "a@example.com"}],
                    "feedback_id": "f",
                    "user_agent": "ua",
                    "complaint_feedback_type": "abuse",
                }
            },
        ),
        (
            "Open",
            {"open": {"ipAddress": "192.0.2.1", "userAgent": "ua"}},
            "_email.open",
            "opened",
            {"open": {"ip_address": "192.0.2.1", "user_agent": "ua"}},
        ),
        (
            "Click",
            {"click": {"ipAddress": "192.0.2.1", "userAgent": "ua", "link": "https://example.com"}},
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
        (
            "Reject",
            {"reject": {"reason": "Bad content"}},
            "_email.rejected",
            None,
            {"reject": {"reason": "Bad content"}},
        ),
    ],
)
def test_each_kind_has_its_documented_record(
    works: Works, kind: str, detail: dict[str, Any], event_type: str, feedback: str | None, member: Any
) -> None:
    tags = {"app": works.app, "run": "request-1", "claim": "0" * 64}
    (record,) = _records(works, _event(kind, tags, **detail))
    assert record["event_type"] == event_type
    assert record["attributes"].get("feedback") == feedback
    if member is not None:
        facet = record["facets"]["email_channel"]["mail_event"]
        assert {name: value for name, value in facet.items() if name != "mail"} == member


def test_transactional_mail_names_nobody_but_always_the_same(works: Works) -> None:
    tags = {"app": works.app, "run": "request-1", "claim": "0" * 64}
    _records(works, _event("Send", tags, send={}))
    one, other = _records(works, _event("Delivery", tags, delivery={}))
    assert one["client"]["client_id"] == other["client"]["client_id"]
    assert len(one["client"]["client_id"]) == 36
    assert "campaign_id" not in one["attributes"]


def test_mail_of_others_and_events_without_a_record_are_left_alone(works: Works) -> None:
    assert _records(works, _event("Send", {}, send={})) == []
    tags = {"app": works.app, "run": "request-1"}
    assert _records(works, _event("DeliveryDelay", tags, deliveryDelay={})) == []


def test_an_event_that_is_no_mail_event_is_given_up_with_the_reason(works: Works) -> None:
    with pytest.raises(GivenUp, match="cannot be read"):
        work(works.context, Message({"detail": {"eventType": "Send"}}))
