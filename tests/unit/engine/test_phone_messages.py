"""SendMessages by SMS and voice: what reaches the phone service, and what each recipient is told."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from engine.store import ledger_key
from tests.support.engine_world import World
from tests.support.phone_service import PhoneService, refusal

ANN, BOB, CAT = "+12065550101", "+12065550102", "+12065550103"


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDING", "live")


def sms(body: str = "hello", **more: Any) -> dict[str, Any]:
    return {"SMSMessage": {"Body": body, **more}}


def voice(body: str = "hello", **more: Any) -> dict[str, Any]:
    return {"VoiceMessage": {"Body": body, "OriginationNumber": "+12065550199", **more}}


def send(pinpoint: Any, app: str, **request: Any) -> dict[str, Any]:
    request.setdefault("MessageConfiguration", sms())
    answer: dict[str, Any] = pinpoint.send_messages(ApplicationId=app, MessageRequest=request)[
        "MessageResponse"
    ]
    return answer


def text(**more: Any) -> dict[str, Any]:
    return {"ChannelType": "SMS", **more}


def call(**more: Any) -> dict[str, Any]:
    return {"ChannelType": "VOICE", **more}


def put(pinpoint: Any, app: str, name: str, address: str, channel: str = "SMS", **more: Any) -> None:
    pinpoint.update_endpoint(
        ApplicationId=app,
        EndpointId=name,
        EndpointRequest={"Address": address, "ChannelType": channel, **more},
    )


def statuses(results: Mapping[str, Any]) -> dict[str, str]:
    return {name: result["DeliveryStatus"] for name, result in results.items()}


def test_a_text_message_goes_out_as_its_request_says(pinpoint: Any, app: str, phones: PhoneService) -> None:
    message = sms(
        MessageType="TRANSACTIONAL",
        OriginationNumber="+12065550199",
        SenderId="SHOP",
        Keyword="KEY",
        EntityId="entity",
        TemplateId="template",
    )
    answer = send(pinpoint, app, Addresses={ANN: text()}, MessageConfiguration=message)

    assert answer["Result"][ANN] == {
        "DeliveryStatus": "SUCCESSFUL",
        "StatusCode": 200,
        "StatusMessage": "accepted by the phone service",
        "MessageId": "text-1-0",
    }
    (sent,) = phones.texts
    context = sent.pop("Context")
    assert sent == {
        "DestinationPhoneNumber": ANN,
        "MessageBody": "hello",
        "OriginationIdentity": "+12065550199",
        "MessageType": "TRANSACTIONAL",
        "Keyword": "KEY",
        "DestinationCountryParameters": {"IN_ENTITY_ID": "entity", "IN_TEMPLATE_ID": "template"},
    }
    assert (context["applicationId"], context["run"]) == (app, answer["RequestId"])
    assert "endpointId" not in context


def test_the_channel_says_from_whom_when_the_message_does_not(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    send(pinpoint, app, Addresses={ANN: text()})
    pinpoint.update_sms_channel(ApplicationId=app, SMSChannelRequest={"SenderId": "SHOP"})
    send(pinpoint, app, Addresses={ANN: text()})
    pinpoint.update_sms_channel(
        ApplicationId=app, SMSChannelRequest={"SenderId": "SHOP", "ShortCode": "12345"}
    )
    send(pinpoint, app, Addresses={ANN: text()})
    send(pinpoint, app, Addresses={ANN: text()}, MessageConfiguration=sms(SenderId="OTHER"))

    origins = [sent.get("OriginationIdentity") for sent in phones.texts]
    assert origins == [None, "SHOP", "12345", "OTHER"]

    pinpoint.update_sms_channel(ApplicationId=app, SMSChannelRequest={"Enabled": False})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="SMS channel is disabled"):
        send(pinpoint, app, Addresses={ANN: text()})


def test_each_recipient_has_its_own_values_and_its_own_result(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    put(pinpoint, app, "ann", ANN, Attributes={"name": ["Ann"], "city": ["Ulm"]})
    put(pinpoint, app, "bob", BOB)
    message = sms("{{Attributes.name}} {{Attributes.city}} {{x}}", Substitutions={"x": ["message"]})

    answer = send(
        pinpoint,
        app,
        Endpoints={
            "ANN": {"Substitutions": {"Attributes.city": ["Bonn"]}},
            "bob": {"BodyOverride": "only {{x}}"},
            "none": {},
        },
        Addresses={CAT: text()},
        MessageConfiguration=message,
    )

    assert statuses(answer["EndpointResult"]) == {
        "ANN": "SUCCESSFUL",
        "bob": "SUCCESSFUL",
        "none": "PERMANENT_FAILURE",
    }
    assert answer["EndpointResult"]["ANN"]["Address"] == ANN
    assert answer["Result"][CAT]["StatusMessage"] == "there is no value for Attributes.name"
    assert (phones.body(ANN), phones.body(BOB)) == ("Ann Bonn message", "only message")
    assert {sent["Context"]["endpointId"] for sent in phones.texts} == {"ann", "bob"}


def test_an_endpoint_id_that_a_context_cannot_hold_is_left_out_of_it(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    put(pinpoint, app, "x" * 801, ANN)
    put(pinpoint, app, " y", BOB)
    send(pinpoint, app, Endpoints={"x" * 801: {}, " y": {}})
    assert ["endpointId" in sent["Context"] for sent in phones.texts] == [False, False]


def test_a_template_gives_the_text_and_the_weakest_values(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    request = {"Body": "Code {{code}} {{who}}", "DefaultSubstitutions": '{"who": "you", "code": "none"}'}
    pinpoint.create_sms_template(TemplateName="t", SMSTemplateRequest=request)
    pinpoint.update_sms_template(
        TemplateName="t", SMSTemplateRequest={"Body": "second"}, CreateNewVersion=True
    )
    for version in ({"Version": "1"}, {}):
        send(
            pinpoint,
            app,
            Addresses={ANN: text(Substitutions={"code": ["123"]})},
            MessageConfiguration={"SMSMessage": {"MessageType": "TRANSACTIONAL"}},
            TemplateConfiguration={"SMSTemplate": {"Name": "t", **version}},
        )
    assert [sent["MessageBody"] for sent in phones.texts] == ["Code 123 you", "second"]


def test_a_default_message_serves_every_channel_without_one_of_its_own(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    default = {"DefaultMessage": {"Body": "default {{x}}", "Substitutions": {"x": ["1"]}}}
    answer = send(
        pinpoint, app, Addresses={ANN: text(), BOB: call()}, MessageConfiguration={**default, **voice("call")}
    )
    assert statuses(answer["Result"]) == {ANN: "SUCCESSFUL", BOB: "SUCCESSFUL"}
    assert (phones.body(ANN), phones.calls[0]["MessageBody"]) == ("default 1", "call")

    # Nobody says who calls: that fails the call, not the text.
    alone = send(pinpoint, app, Addresses={CAT: text(), BOB: call()}, MessageConfiguration=default)
    assert statuses(alone["Result"]) == {CAT: "SUCCESSFUL", BOB: "PERMANENT_FAILURE"}
    assert "OriginationNumber is required" in alone["Result"][BOB]["StatusMessage"]


def test_a_number_gets_a_text_once_and_may_be_called_as_well(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    put(pinpoint, app, "sms", ANN)
    put(pinpoint, app, "call", ANN, "VOICE")
    answer = send(
        pinpoint,
        app,
        Addresses={ANN: text()},
        Endpoints={"sms": {}, "call": {}},
        MessageConfiguration={**sms(), **voice()},
    )
    assert statuses(answer["Result"]) == {ANN: "SUCCESSFUL"}
    assert statuses(answer["EndpointResult"]) == {"sms": "DUPLICATE", "call": "SUCCESSFUL"}
    assert (len(phones.texts), len(phones.calls)) == (1, 1)


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        (refusal("ThrottlingException"), "THROTTLED", 429, "ThrottlingException"),
        (
            refusal("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
            "OPT_OUT",
            400,
            "ConflictException: DESTINATION_PHONE_NUMBER_OPTED_OUT",
        ),
        (
            refusal("ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND"),
            "PERMANENT_FAILURE",
            400,
            "ConflictException: NO_ORIGINATION_IDENTITIES_FOUND",
        ),
        (refusal("ValidationException", "INVALID_PARAMETER"), "PERMANENT_FAILURE", 400, None),
        (refusal("ResourceNotFoundException"), "PERMANENT_FAILURE", 400, "ResourceNotFoundException"),
        (refusal("AccessDeniedException", "ACCOUNT_DISABLED"), "PERMANENT_FAILURE", 403, None),
        (
            refusal("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
            "TEMPORARY_FAILURE",
            400,
            "ServiceQuotaExceededException: MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
        ),
        (refusal("InternalServerException"), "UNKNOWN_FAILURE", 500, "InternalServerException"),
        (ReadTimeoutError(endpoint_url="https://x"), "UNKNOWN_FAILURE", 504, None),
        (ConnectTimeoutError(endpoint_url="https://x"), "TEMPORARY_FAILURE", 503, None),
    ],
)
def test_each_error_has_a_status_of_its_own_and_names_nobody(
    pinpoint: Any,
    app: str,
    phones: PhoneService,
    error: Exception,
    status: str,
    code: int,
    message: str | None,
) -> None:
    phones.errors[ANN] = [error]
    result = send(pinpoint, app, Addresses={ANN: text(), BOB: text()})["Result"]

    assert (result[ANN]["DeliveryStatus"], result[ANN]["StatusCode"]) == (status, code)
    assert message is None or result[ANN]["StatusMessage"] == message
    assert "555" not in result[ANN]["StatusMessage"]
    assert result[BOB]["DeliveryStatus"] == "SUCCESSFUL"


@pytest.mark.parametrize(
    ("first", "taken"),
    [
        (refusal("ThrottlingException"), True),
        (refusal("InternalServerException"), False),
        (ReadTimeoutError(endpoint_url="https://x"), False),
    ],
)
def test_only_a_throttled_message_is_sent_again(
    pinpoint: Any, app: str, phones: PhoneService, first: Exception, taken: bool
) -> None:
    phones.errors[ANN] = [first, None]
    result = send(pinpoint, app, Addresses={ANN: text()})["Result"][ANN]
    assert (result["DeliveryStatus"] == "SUCCESSFUL", phones.numbers == [ANN]) == (taken, taken)


@pytest.mark.parametrize(
    ("address", "body", "reason"),
    [
        ("not a number", "hello", "not a phone number"),
        (ANN, "x" * 1601, "1 to 1600 characters, this one has 1601"),
        (ANN, " ", "1 to 1600 characters"),
    ],
)
def test_what_no_text_message_can_be_fails_its_recipient(
    pinpoint: Any, app: str, phones: PhoneService, address: str, body: str, reason: str
) -> None:
    answer = send(pinpoint, app, Addresses={address: text()}, MessageConfiguration=sms(body))
    assert answer["Result"][address]["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert reason in answer["Result"][address]["StatusMessage"]
    assert phones.texts == []


def test_a_number_that_opted_out_is_an_event_with_the_requests_context(
    pinpoint: Any, app: str, phones: PhoneService, world: World
) -> None:
    put(pinpoint, app, "Ann", ANN)
    world.messages("stream")
    phones.opted_out.add(ANN)
    answer = send(pinpoint, app, Endpoints={"ann": {}}, Context={"order": "7"})

    assert statuses(answer["EndpointResult"]) == {"ann": "OPT_OUT"}
    (message,) = world.messages("stream")
    (event,) = json.loads(message)["Events"]
    assert (event["event_type"], event["client"]["client_id"]) == ("_SMS.OPTOUT", "Ann")
    assert event["attributes"] == {
        "sender_request_id": answer["RequestId"],
        "destination_phone_number": ANN,
        "record_status": "OPTED_OUT",
        "customer_context": '{"order": "7"}',
    }


def test_the_context_of_a_request_is_kept_where_its_receipts_look(
    pinpoint: Any, app: str, phones: PhoneService, world: World
) -> None:
    answer = send(pinpoint, app, Addresses={ANN: text(Context={"a": "1"})}, Context={"a": "0", "b": "2"})
    key = ledger_key(answer["RequestId"], "SMS", ANN)
    assert key.sk == f"SMS#{phones.texts[0]['Context']['claim']}"
    entry = world.context.store.get(key)
    assert entry is not None
    assert entry.doc == {"Context": {"a": "1", "b": "2"}}


def test_while_safe_only_simulators_verified_numbers_and_the_allow_list_get_texts(
    pinpoint: Any, app: str, phones: PhoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "safe")
    monkeypatch.setenv("ALLOW_LIST", f"a@example.com,{ANN}")
    phones.verified.append(BOB)

    answer = send(pinpoint, app, Addresses={n: text() for n in (ANN, BOB, CAT, "+14254147755")})

    assert statuses(answer["Result"]) == {
        ANN: "SUCCESSFUL",
        BOB: "SUCCESSFUL",
        CAT: "PERMANENT_FAILURE",
        "+14254147755": "SUCCESSFUL",
    }
    assert "held back by the safety catch" in answer["Result"][CAT]["StatusMessage"]
    assert CAT not in phones.numbers


def test_that_verified_numbers_could_not_be_asked_for_holds_back_one_message_and_not_the_next(
    pinpoint: Any, app: str, phones: PhoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "safe")
    phones.verified.append(BOB)
    phones.refuses_to_describe = refusal("InternalServerException")
    first = send(pinpoint, app, Addresses={BOB: text()})
    phones.refuses_to_describe = None
    second = send(pinpoint, app, Addresses={BOB: text()})
    assert (statuses(first["Result"]), statuses(second["Result"])) == (
        {BOB: "PERMANENT_FAILURE"},
        {BOB: "SUCCESSFUL"},
    )


def test_while_safe_nobody_is_called_but_verified_numbers_and_the_allow_list(
    pinpoint: Any, app: str, phones: PhoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "safe")
    phones.verified.append(BOB)

    addresses = {n: call() for n in (BOB, "+14254147755")}
    answer = send(pinpoint, app, Addresses=addresses, MessageConfiguration=voice())

    assert statuses(answer["Result"]) == {BOB: "SUCCESSFUL", "+14254147755": "PERMANENT_FAILURE"}
    assert [sent["DestinationPhoneNumber"] for sent in phones.calls] == [BOB]


def test_a_call_speaks_with_the_voice_or_in_the_language_that_was_asked_for(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    for more in ({"VoiceId": "Joanna", "LanguageCode": "de-DE"}, {"LanguageCode": "de-DE"}, {}):
        send(pinpoint, app, Addresses={ANN: call()}, MessageConfiguration=voice(**more))
    assert [sent.get("VoiceId") for sent in phones.calls] == ["JOANNA", "MARLENE", None]
    assert {sent["OriginationIdentity"] for sent in phones.calls} == {"+12065550199"}
    assert {sent["MessageBodyTextType"] for sent in phones.calls} == {"TEXT"}


def test_a_script_in_a_speak_element_is_ssml_whose_values_are_escaped(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    message = voice("<speak>{{x}}</speak>", Substitutions={"x": ["R&D"]})
    send(pinpoint, app, Addresses={ANN: call()}, MessageConfiguration=message)
    (sent,) = phones.calls
    assert (sent["MessageBodyTextType"], sent["MessageBody"]) == ("SSML", "<speak>R&amp;D</speak>")


def test_a_voice_template_brings_its_voice(pinpoint: Any, app: str, phones: PhoneService) -> None:
    pinpoint.create_voice_template(
        TemplateName="t", VoiceTemplateRequest={"Body": "Hi {{x}}", "VoiceId": "Amy"}
    )
    send(
        pinpoint,
        app,
        Addresses={ANN: call(Substitutions={"x": ["you"]})},
        MessageConfiguration={"VoiceMessage": {"OriginationNumber": "+12065550199"}},
        TemplateConfiguration={"VoiceTemplate": {"Name": "t"}},
    )
    assert (phones.calls[0]["MessageBody"], phones.calls[0]["VoiceId"]) == ("Hi you", "AMY")


def test_raw_content_is_not_read_for_a_text_message(pinpoint: Any, app: str, phones: PhoneService) -> None:
    send(pinpoint, app, Addresses={ANN: text(RawContent="raw")})
    assert phones.body(ANN) == "hello"


@pytest.mark.parametrize(
    ("channel", "request_", "status", "reason"),
    [
        ("SMS", {"MessageConfiguration": {"SMSMessage": {}}}, 400, "no text to send"),
        ("SMS", {"TemplateConfiguration": {"SMSTemplate": {"Name": "none"}}}, 404, "no SMS template"),
        ("VOICE", {"MessageConfiguration": {"VoiceMessage": {"Body": "b"}}}, 400, "OriginationNumber"),
        ("VOICE", {"MessageConfiguration": {"VoiceMessage": {}}}, 400, "nothing to say"),
        (
            "VOICE",
            {"MessageConfiguration": voice(LanguageCode="tlh")},
            400,
            "LanguageCode must be one of .* got 'tlh'",
        ),
    ],
)
def test_a_message_that_nobody_could_get_refuses_the_request(
    pinpoint: Any, app: str, phones: PhoneService, channel: str, request_: Any, status: int, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        send(pinpoint, app, Addresses={ANN: {"ChannelType": channel}}, **request_)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert (phones.texts, phones.calls) == ([], [])
