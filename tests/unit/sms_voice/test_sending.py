"""Who may send what to whom, and how fast."""

from typing import Any

import pytest

from embedded.sms_voice.errors import Conflict, Invalid, NotFound, QuotaExceeded, ServiceError, Throttled
from tests.support.phones import Phones

GERMAN = "+491701234567"


def reason(
    phones: Phones, kind: type[ServiceError], operation: str = "SendTextMessage", **request: Any
) -> str:
    """Why a request is refused."""
    if operation == "SendTextMessage":
        request = {"DestinationPhoneNumber": "+14255550100", "MessageBody": "Hello", **request}
    with pytest.raises(kind) as raised:
        phones.call(operation, **request)
    return str(raised.value.members.get("Reason", ""))


def senders(phones: Phones) -> list[str]:
    return [kept.message.origination for kept in phones.service.network.messages()]


def test_a_number_is_named_by_itself_its_id_or_its_arn(phones: Phones) -> None:
    number = phones.number()
    for name in ("PhoneNumber", "PhoneNumberId", "PhoneNumberArn"):
        phones.text(OriginationIdentity=number[name])
    assert senders(phones) == [number["PhoneNumber"]] * 3


def test_a_pool_sends_from_its_number_of_the_destinations_country(phones: Phones) -> None:
    american, german = phones.number(), phones.number(IsoCountryCode="DE")
    pool = phones.call(
        "CreatePool", OriginationIdentity=american["PhoneNumberId"], MessageType="TRANSACTIONAL"
    )
    phones.call(
        "AssociateOriginationIdentity", PoolId=pool["PoolId"], OriginationIdentity=german["PhoneNumberId"]
    )
    phones.text(OriginationIdentity=pool["PoolId"], DestinationPhoneNumber=GERMAN)
    phones.text(OriginationIdentity=pool["PoolArn"])
    assert senders(phones) == [german["PhoneNumber"], american["PhoneNumber"]]


def test_a_sender_id_sends_in_its_country_only(phones: Phones) -> None:
    phones.call("RequestSenderId", SenderId="SHOP", IsoCountryCode="DE")
    phones.text(OriginationIdentity="SHOP", DestinationPhoneNumber=GERMAN)
    assert senders(phones) == ["SHOP"]
    assert reason(phones, Invalid, OriginationIdentity="SHOP") == "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"


def test_a_request_that_names_no_sender_gets_one_or_is_refused(phones: Phones) -> None:
    assert reason(phones, Conflict) == "NO_ORIGINATION_IDENTITIES_FOUND"
    number = phones.number()
    phones.text()
    assert senders(phones) == [number["PhoneNumber"]]


@pytest.mark.parametrize("reference", ["phone-0000", "pool-0000", "+12025550100", "NOBODY"])
def test_a_sender_that_does_not_exist_is_not_found(phones: Phones, reference: str) -> None:
    assert reason(phones, NotFound, OriginationIdentity=reference) == ""


def test_what_a_number_cannot_send_is_refused_with_its_reason(phones: Phones) -> None:
    silent = phones.number(NumberCapabilities=["VOICE"])["PhoneNumberId"]
    assert reason(phones, Conflict, OriginationIdentity=silent) == "NUMBER_CAPABILITIES_MISMATCH"
    number = phones.number()["PhoneNumberId"]
    promotional = {"OriginationIdentity": number, "MessageType": "PROMOTIONAL"}
    assert reason(phones, Conflict, **promotional) == "MESSAGE_TYPE_MISMATCH"
    cheap = {"OriginationIdentity": number, "MaxPrice": "0.001"}
    assert reason(phones, Invalid, **cheap) == "PRICE_OVER_THRESHOLD"
    unknown = {"OriginationIdentity": number, "ConfigurationSetName": "none"}
    assert reason(phones, NotFound, **unknown) == ""


def test_a_simulator_number_reaches_simulator_numbers_of_its_country_only(phones: Phones) -> None:
    number = phones.number(NumberType="SIMULATOR")["PhoneNumberId"]
    phones.text(OriginationIdentity=number, DestinationPhoneNumber="+14254147755")
    for destination in ("+447860019066", "+14255550100"):
        request = {"OriginationIdentity": number, "DestinationPhoneNumber": destination}
        assert reason(phones, Invalid, **request) == "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"


def test_a_toll_free_number_goes_abroad_only_where_it_is_enabled(phones: Phones) -> None:
    number = phones.number(NumberType="TOLL_FREE")["PhoneNumberId"]
    abroad = {"OriginationIdentity": number, "DestinationPhoneNumber": GERMAN}
    assert reason(phones, Invalid, **abroad) == "INTERNATIONAL_SENDING_NOT_SUPPORTED"
    phones.call("UpdatePhoneNumber", PhoneNumberId=number, InternationalSendingEnabled=True)
    assert phones.text(**abroad)["MessageId"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("MessageBody", "a" * 1601),
        ("MessageBody", "   "),
        ("DestinationPhoneNumber", "tel:1"),
        ("DestinationPhoneNumber", "+14255550100;"),
        ("MessageType", "URGENT"),
        ("TimeToLive", 4),
        ("TimeToLive", True),
        ("Context", {str(number): "x" for number in range(6)}),
        ("Context", {"key": "x" * 801}),
        ("MaxPrice", "cheap"),
    ],
)
def test_a_member_beyond_the_models_limits_is_named(phones: Phones, member: str, value: Any) -> None:
    with pytest.raises(Invalid) as raised:
        phones.text(**{member: value})
    assert raised.value.members["Reason"] == "FIELD_VALIDATION_FAILED"
    assert [field["Name"].partition(".")[0] for field in raised.value.members["Fields"]] == [member]


def test_a_required_member_is_missed_by_name(phones: Phones) -> None:
    with pytest.raises(Invalid, match="DestinationPhoneNumber") as raised:
        phones.call("SendTextMessage", MessageBody="Hello")
    assert raised.value.members["Reason"] == "MISSING_PARAMETER"


@pytest.mark.parametrize(("number_type", "rate"), [("LONG_CODE", 10), ("TOLL_FREE", 3), ("TEN_DLC", 1)])
def test_a_number_sends_its_parts_a_second(phones: Phones, number_type: str, rate: int) -> None:
    number = phones.number(NumberType=number_type)["PhoneNumberId"]
    for second in range(3):
        for _ in range(rate):
            phones.text(OriginationIdentity=number)
        assert reason(phones, Throttled, OriginationIdentity=number) == ""
        phones.clock.now += 1
        assert len(senders(phones)) == rate * (second + 1)


def test_a_long_text_is_waited_for_part_by_part(phones: Phones) -> None:
    number = phones.number(NumberType="TEN_DLC")["PhoneNumberId"]
    phones.text(OriginationIdentity=number, MessageBody="a" * 307)
    phones.clock.now += 2
    reason(phones, Throttled, OriginationIdentity=number)
    phones.clock.now += 1
    assert phones.text(OriginationIdentity=number)["MessageId"]


def test_each_sender_has_a_pace_of_its_own(phones: Phones) -> None:
    one, other = (phones.number(NumberType="TEN_DLC")["PhoneNumberId"] for _ in range(2))
    phones.text(OriginationIdentity=one)
    assert phones.text(OriginationIdentity=other)["MessageId"]


def test_dry_runs_have_five_a_second_and_are_never_received(phones: Phones) -> None:
    number = phones.number(NumberType="TEN_DLC")["PhoneNumberId"]
    for _ in range(5):
        assert phones.text(OriginationIdentity=number, DryRun=True)["MessageId"]
    reason(phones, Throttled, OriginationIdentity=number, DryRun=True)
    assert senders(phones) == []


def test_a_pools_opt_out_list_goes_before_its_numbers(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    pool = phones.call("CreatePool", OriginationIdentity=number, MessageType="TRANSACTIONAL")["PoolId"]
    phones.call("CreateOptOutList", OptOutListName="quiet")
    phones.call("UpdatePool", PoolId=pool, OptOutListName="quiet")
    phones.call("PutOptedOutNumber", OptOutListName="quiet", OptedOutNumber="14255550100")
    assert reason(phones, Conflict, OriginationIdentity=number) == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_a_sender_id_sends_for_several_pools_with_each_ones_opt_out_list(phones: Phones) -> None:
    phones.call("RequestSenderId", SenderId="SHOP", IsoCountryCode="DE")
    named = {"OriginationIdentity": "SHOP", "IsoCountryCode": "DE"}
    one, other = (phones.call("CreatePool", **named, MessageType="TRANSACTIONAL")["PoolId"] for _ in range(2))
    phones.call("CreateOptOutList", OptOutListName="quiet")
    phones.call("UpdatePool", PoolId=other, OptOutListName="quiet")
    phones.call("PutOptedOutNumber", OptOutListName="quiet", OptedOutNumber=GERMAN)
    phones.text(OriginationIdentity=one, DestinationPhoneNumber=GERMAN)
    opted_out = {"OriginationIdentity": other, "DestinationPhoneNumber": GERMAN}
    assert reason(phones, Conflict, **opted_out) == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    again = {"PoolId": one, **named}
    assert reason(phones, Conflict, "AssociateOriginationIdentity", **again) == "RESOURCE_ALREADY_ASSOCIATED"


def test_a_call_and_a_picture_are_sent_too(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    to = {"DestinationPhoneNumber": "+14255550100", "OriginationIdentity": number}
    phones.call("SendVoiceMessage", **to, MessageBody="Hello")
    phones.call("SendMediaMessage", **to, MediaUrls=["s3://bucket/cat.jpg"])
    assert [kept.message.kind for kept in phones.service.network.messages()] == ["VOICE", "MEDIA"]
    spoken = {**to, "MessageBody": "a" * 3001}
    assert reason(phones, Invalid, "SendVoiceMessage", **spoken) == "MAXIMUM_SIZE_EXCEEDED"


def test_a_configuration_set_has_at_most_five_destinations(phones: Phones) -> None:
    phones.call("CreateConfigurationSet", ConfigurationSetName="all")
    topic = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:reports"}
    request = {"ConfigurationSetName": "all", "MatchingEventTypes": ["ALL"], "SnsDestination": topic}
    for number in range(5):
        phones.call("CreateEventDestination", **request, EventDestinationName=f"to-{number}")
    sixth = {**request, "EventDestinationName": "to-5"}
    assert reason(phones, QuotaExceeded, "CreateEventDestination", **sixth) == (
        "EVENT_DESTINATIONS_PER_CONFIGURATION_SET"
    )
