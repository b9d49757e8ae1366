"""Text messages by the deployed engine: from SendMessages to a handset, and back to the event stream."""

from typing import Any

import pytest

from embedded.demo.stage import Stage
from embedded.demo.stream import StreamReader
from tests.support.embedded_aws import eventually
from tests.support.handsets import texts_of

pytestmark = pytest.mark.e2e

# AWS's simulator: the first one's messages arrive, the second one's do not, whatever the safety catch says.
ARRIVES, FAILS = "+14254147755", "+14254147167"
# From the phone service to EventBridge, SQS twice and Kinesis.
_WITHIN = 60.0


@pytest.fixture(scope="module")
def number(hosted_stage: Stage) -> str:
    made = hosted_stage.account.client("pinpoint-sms-voice-v2").request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="LONG_CODE",
    )
    return str(made["PhoneNumber"])


def test_a_text_is_read_on_its_handset_and_its_report_on_the_stream(hosted_stage: Stage, number: str) -> None:
    account = hosted_stage.account
    app = account.output("Project", "ApplicationId")
    pinpoint = account.client("pinpoint")
    for name, address in (("phone-1", ARRIVES), ("phone-2", FAILS), ("phone-3", "+12065550100")):
        pinpoint.update_endpoint(
            ApplicationId=app,
            EndpointId=name,
            EndpointRequest={"ChannelType": "SMS", "Address": address, "Attributes": {"Name": [name]}},
        )
    stream = StreamReader(account.client("kinesis"), account.output("EngagementEvents", "StreamName"))
    stream.skip()

    results = pinpoint.send_messages(
        ApplicationId=app,
        MessageRequest={
            "Endpoints": {"phone-1": {}, "phone-2": {}, "phone-3": {}},
            "MessageConfiguration": {
                "SMSMessage": {
                    "Body": "For {{Attributes.Name}}",
                    "MessageType": "TRANSACTIONAL",
                    "OriginationNumber": number,
                }
            },
            "Context": {"order": "7"},
        },
    )["MessageResponse"]["EndpointResult"]

    assert {name: result["DeliveryStatus"] for name, result in results.items()} == {
        "phone-1": "SUCCESSFUL",
        "phone-2": "SUCCESSFUL",
        "phone-3": "PERMANENT_FAILURE",
    }
    assert "held back by the safety catch" in results["phone-3"]["StatusMessage"]
    (text,) = texts_of(account.endpoint, results["phone-1"]["MessageId"])
    assert (text["Body"], text["From"]) == ("For phone-1", number)

    def reported() -> dict[str, dict[str, Any]]:
        stream.read()
        return {
            record["event_type"]: record
            for record in stream.records
            if record["event_type"] in ("_SMS.SUCCESS", "_SMS.FAILURE")
            # Others text on the same stage.
            and record["client"]["client_id"] in ("phone-1", "phone-2")
        }

    seen = eventually(reported, until=lambda found: len(found) == 2, within=_WITHIN)
    success, failure = seen["_SMS.SUCCESS"], seen["_SMS.FAILURE"]
    assert (success["client"]["client_id"], failure["client"]["client_id"]) == ("phone-1", "phone-2")
    assert success["attributes"]["message_id"] == results["phone-1"]["MessageId"]
    assert success["attributes"]["destination_phone_number"] == ARRIVES
    assert success["attributes"]["message_type"] == "Transactional"
    assert success["attributes"]["customer_context"] == '{"order": "7"}'


def test_a_one_time_password_is_good_once(hosted_stage: Stage, number: str) -> None:
    account = hosted_stage.account
    app = account.output("Project", "ApplicationId")
    pinpoint = account.client("pinpoint")
    sent = pinpoint.send_otp_message(
        ApplicationId=app,
        SendOTPMessageRequestParameters={
            "BrandName": "Shop",
            "ReferenceId": "login-1",
            "Channel": "SMS",
            "DestinationIdentity": ARRIVES,
            "OriginationIdentity": number,
        },
    )["MessageResponse"]["Result"][ARRIVES]
    (text,) = texts_of(account.endpoint, sent["MessageId"])
    code = text["Body"].partition(" ")[0]

    def valid(otp: str) -> bool:
        answer = pinpoint.verify_otp_message(
            ApplicationId=app,
            VerifyOTPMessageRequestParameters={
                "DestinationIdentity": ARRIVES,
                "ReferenceId": "login-1",
                "Otp": otp,
            },
        )
        return bool(answer["VerificationResponse"]["Valid"])

    assert [valid("not it"), valid(code), valid(code)] == [False, True, False]


def test_a_number_is_read_by_the_library_in_the_functions_layer(hosted_stage: Stage) -> None:
    answer = hosted_stage.account.client("pinpoint").phone_number_validate(
        NumberValidateRequest={"PhoneNumber": "0151 23456789", "IsoCountryCode": "DE"}
    )["NumberValidateResponse"]
    assert (answer["CleansedPhoneNumberE164"], answer["PhoneType"]) == ("+4915123456789", "MOBILE")
