"""What is reported about a message."""

import pytest

from embedded.sms_voice.outcomes import outcome_of
from embedded.sms_voice.records import detail, is_asked_for, record
from tests.support.phones import Phones


def test_a_text_is_reported_with_its_parts_and_its_context(phones: Phones) -> None:
    number = phones.number()
    sent = phones.text(MessageBody="ê" * 71, Context={"claim": "c1"}, DestinationPhoneNumber="+491701234567")
    (kept,) = phones.service.network.messages()
    report = record(kept.message, kept.outcome.steps[-1], phones.clock.now + 2)
    assert report == {
        "eventType": "TEXT_DELIVERED",
        "eventVersion": "1.0",
        "eventTimestamp": 1_700_000_002_000,
        "isFinal": True,
        "originationPhoneNumber": number["PhoneNumber"],
        "destinationPhoneNumber": "+491701234567",
        "isoCountryCode": "DE",
        "isInternationalSend": True,
        "carrierName": "Embedded Carrier",
        "messageId": sent["MessageId"],
        "messageRequestTimestamp": 1_700_000_000_000,
        "messageEncoding": "Unicode",
        "messageType": "TRANSACTIONAL",
        "messageStatus": "DELIVERED",
        "messageStatusDescription": "Message has been delivered to the phone",
        "context": {"claim": "c1"},
        "totalMessageParts": 2,
        "totalMessagePrice": 0.01162,
        "totalCarrierFee": 0.0,
    }


def test_eventbridge_is_told_all_but_the_destination(phones: Phones) -> None:
    phones.number()
    phones.text()
    (kept,) = phones.service.network.messages()
    step = outcome_of(kept.message.destination, "TEXT").steps[0]
    told, whole = detail(kept.message, step, 0), record(kept.message, step, 0)
    assert whole.keys() - told.keys() == {"destinationPhoneNumber"}


@pytest.mark.parametrize(
    ("kind", "matching", "asked"),
    [
        ("TEXT_DELIVERED", ["ALL"], True),
        ("TEXT_DELIVERED", ["TEXT_ALL"], True),
        ("TEXT_DELIVERED", ["TEXT_BLOCKED", "TEXT_DELIVERED"], True),
        ("TEXT_DELIVERED", ["VOICE_ALL"], False),
        ("VOICE_NO_ANSWER", ["VOICE_ALL"], True),
        ("MEDIA_DELIVERED", ["TEXT_DELIVERED"], False),
    ],
)
def test_a_destination_gets_what_it_matches(kind: str, matching: list[str], asked: bool) -> None:
    assert is_asked_for(kind, matching) is asked
