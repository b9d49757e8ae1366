"""Reports on text messages become records on the stream of the project that sent them."""

import json
from typing import Any

import pytest

from engine.receipts.work import work
from engine.senders.phone import correlation
from engine.store import Put, address_hash, ledger_key
from engine.worker import GivenUp, Message
from tests.support.engine_works import Works

NUMBER = "+14254147755"
CLAIM = address_hash("SMS", NUMBER)


def _event(context: dict[str, str], kind: str = "TEXT_DELIVERED", **detail: Any) -> dict[str, Any]:
    """As EventBridge brings it: without the destination's number."""
    return {
        "source": "aws.sms-voice",
        "detail-type": "Text Message Delivery Status Updated",
        "detail": {
            "eventType": kind,
            "eventVersion": "1.0",
            "eventTimestamp": 1_795_521_600_123,
            "isFinal": True,
            "originationPhoneNumber": "+12065550199",
            "isoCountryCode": "US",
            "messageId": "text-1",
            "messageRequestTimestamp": 1_795_521_600_000,
            "messageEncoding": "GSM",
            "messageType": "TRANSACTIONAL",
            "messageStatus": kind.removeprefix("TEXT_"),
            "context": context,
            "totalMessageParts": 2,
            "totalMessagePrice": 0.09582,
            "totalCarrierFee": 0.0,
            **detail,
        },
    }


def _records(works: Works, event: dict[str, Any]) -> list[dict[str, Any]]:
    work(works.context, Message(event))
    works.run()
    return [record for record in works.stream() if record["event_type"].startswith("_SMS.")]


def _endpoint(works: Works, address: str = NUMBER) -> None:
    works.pinpoint.update_endpoint(
        ApplicationId=works.app, EndpointId="Ann", EndpointRequest={"Address": address, "ChannelType": "SMS"}
    )


def test_a_delivered_text_names_its_endpoint_its_number_and_its_price(works: Works) -> None:
    _endpoint(works)
    (record,) = _records(works, _event(correlation(works.app, "run-1", CLAIM, "Ann")))

    assert (record["event_type"], record["client"]) == ("_SMS.SUCCESS", {"client_id": "Ann"})
    assert record["event_timestamp"] == 1_795_521_600_123
    assert record["attributes"] == {
        "sender_request_id": "run-1",
        "message_id": "text-1",
        "origination_phone_number": "+12065550199",
        "destination_phone_number": NUMBER,
        "record_status": "DELIVERED",
        "iso_country_code": "US",
        "number_of_message_parts": "2",
        "message_type": "Transactional",
        "customer_context": "{}",
    }
    assert record["metrics"] == {"price_in_millicents_usd": 9582.0}
    assert record["application"]["app_id"] == works.app


@pytest.mark.parametrize(
    ("kind", "final", "event_type"),
    [
        ("TEXT_QUEUED", False, "_SMS.BUFFERED"),
        ("TEXT_PENDING", False, "_SMS.BUFFERED"),
        ("TEXT_SUCCESSFUL", False, "_SMS.BUFFERED"),
        ("TEXT_SUCCESSFUL", True, "_SMS.SUCCESS"),
        ("TEXT_CARRIER_BLOCKED", True, "_SMS.FAILURE"),
        ("TEXT_UNREACHABLE", False, "_SMS.FAILURE"),
        ("TEXT_PROTECT_BLOCKED", True, "_SMS.FAILURE"),
    ],
)
def test_each_report_has_its_type_and_only_what_has_ended_a_price(
    works: Works, kind: str, final: bool, event_type: str
) -> None:
    context = correlation(works.app, "run-1", CLAIM, "Ann")
    (record,) = _records(works, _event(context, kind, isFinal=final))
    assert record["event_type"] == event_type
    assert bool(record["metrics"]) == (event_type != "_SMS.BUFFERED")


def test_the_context_of_the_request_comes_back_as_a_text(works: Works) -> None:
    works.context.store.put(Put(ledger_key("run-1", "SMS", NUMBER), {"Context": {"order": "7"}}))
    (record,) = _records(works, _event(correlation(works.app, "run-1", CLAIM, "")))
    assert json.loads(record["attributes"]["customer_context"]) == {"order": "7"}
    assert "destination_phone_number" not in record["attributes"]


def test_the_reports_of_a_message_to_a_bare_number_name_nobody_and_the_same_nobody(works: Works) -> None:
    context = correlation(works.app, "run-1", CLAIM, "")
    _records(works, _event(context, "TEXT_QUEUED", isFinal=False))
    first, second = _records(works, _event(context))
    assert first["client"] == second["client"]
    assert NUMBER not in json.dumps([first, second])


def test_an_endpoint_that_has_another_number_by_now_does_not_lend_it(works: Works) -> None:
    _endpoint(works, "+12065550100")
    (record,) = _records(works, _event(correlation(works.app, "run-1", CLAIM, "Ann")))
    assert "destination_phone_number" not in record["attributes"]


@pytest.mark.parametrize(
    ("context", "kind"),
    [
        ({}, "TEXT_DELIVERED"),
        ({"applicationId": "a" * 32}, "TEXT_DELIVERED"),
        ({"applicationId": "a" * 32, "run": "r"}, "VOICE_COMPLETED"),
        ({"applicationId": "a" * 32, "run": "r"}, "TEXT_SOMETHING_NEW"),
    ],
)
def test_calls_and_the_texts_of_others_leave_no_record(
    works: Works, context: dict[str, str], kind: str
) -> None:
    assert _records(works, _event(context, kind)) == []


def test_a_report_that_cannot_be_read_is_given_up(works: Works) -> None:
    event = _event({"applicationId": "a", "run": "r"})
    del event["detail"]["messageId"]
    with pytest.raises(GivenUp, match="cannot be read: KeyError"):
        work(works.context, Message(event))
