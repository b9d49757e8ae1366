"""One-time passwords: good once, for a while, for a few attempts, and nowhere but in the message."""

import logging
import re
import threading
from dataclasses import replace
from typing import Any

import pytest

from engine.operations.otp import send_otp_message, verify_otp_message
from tests.support.engine_client import pinpoint_client
from tests.support.engine_world import TABLE, World
from tests.support.memory_store import MemoryStore
from tests.support.phone_service import PhoneService

ANN = "+12065550101"


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDING", "live")


def parameters(**more: Any) -> dict[str, Any]:
    return {
        "BrandName": "Shop",
        "ReferenceId": "login-1",
        "Channel": "SMS",
        "DestinationIdentity": ANN,
        "OriginationIdentity": "+12065550199",
        **more,
    }


def ask(pinpoint: Any, app: str, phones: PhoneService, **more: Any) -> str:
    """Ask for a code; gives the one that arrived."""
    answer = pinpoint.send_otp_message(ApplicationId=app, SendOTPMessageRequestParameters=parameters(**more))[
        "MessageResponse"
    ]
    (result,) = answer["Result"].values()
    assert result["DeliveryStatus"] == "SUCCESSFUL"
    found = re.search(r"\d{5,8}", phones.texts[-1]["MessageBody"])
    assert found is not None
    return found[0]


def verify(pinpoint: Any, app: str, code: str, **more: Any) -> bool:
    request = {"DestinationIdentity": ANN, "ReferenceId": "login-1", "Otp": code, **more}
    answer = pinpoint.verify_otp_message(ApplicationId=app, VerifyOTPMessageRequestParameters=request)
    valid: bool = answer["VerificationResponse"]["Valid"]
    return valid


def other_than(code: str) -> str:
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def test_a_code_is_good_once(pinpoint: Any, app: str, phones: PhoneService) -> None:
    code = ask(pinpoint, app, phones, EntityId="e", TemplateId="t")
    assert verify(pinpoint, app, code)
    assert not verify(pinpoint, app, code)
    (sent,) = phones.texts
    assert (sent["MessageType"], sent["OriginationIdentity"]) == ("TRANSACTIONAL", "+12065550199")
    assert sent["DestinationCountryParameters"] == {"IN_ENTITY_ID": "e", "IN_TEMPLATE_ID": "t"}


def test_a_wrong_code_or_reference_or_number_is_not_valid(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    code = ask(pinpoint, app, phones, AllowedAttempts=5)
    assert not verify(pinpoint, app, other_than(code))
    assert not verify(pinpoint, app, code, ReferenceId="LOGIN-1")
    assert not verify(pinpoint, app, code, DestinationIdentity="+12065550102")
    assert not verify(pinpoint, app, "")
    assert verify(pinpoint, app, code)


def test_a_code_has_six_digits_unless_the_request_says_otherwise(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    assert [len(ask(pinpoint, app, phones, **more)) for more in ({}, {"CodeLength": 8})] == [6, 8]


def test_a_code_is_good_for_fifteen_minutes_unless_the_request_says_otherwise(
    pinpoint: Any, app: str, phones: PhoneService, world: World
) -> None:
    for more, minutes in (({}, 15), ({"ValidityPeriod": 5}, 5)):
        code = ask(pinpoint, app, phones, **more)
        world.clock.advance(minutes=minutes, seconds=-10)
        assert not verify(pinpoint, app, other_than(code))
        assert verify(pinpoint, app, code)
        late = ask(pinpoint, app, phones, **more)
        world.clock.advance(minutes=minutes)
        assert not verify(pinpoint, app, late)


def test_a_code_may_be_tried_three_times_unless_the_request_says_otherwise(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    code = ask(pinpoint, app, phones)
    assert [verify(pinpoint, app, other_than(code)) for _ in range(2)] == [False, False]
    assert verify(pinpoint, app, code)

    code = ask(pinpoint, app, phones, AllowedAttempts=1)
    assert not verify(pinpoint, app, other_than(code))
    assert not verify(pinpoint, app, code)


def test_a_code_is_sent_in_english_unless_the_request_says_otherwise(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    code = ask(pinpoint, app, phones)
    assert phones.texts[-1]["MessageBody"].startswith(f"{code} is your Shop code. It is valid for 15 minutes")
    code = ask(pinpoint, app, phones, Language="de-DE", ValidityPeriod=7)
    assert phones.texts[-1]["MessageBody"].startswith(f"{code} ist Ihr Code für Shop. Er gilt 7 Minuten")


@pytest.mark.parametrize(
    "language", ["es-419", "es-ES", "fr-CA", "fr-FR", "it-IT", "ja-JP", "ko-KR", "pt-BR"]
)
def test_every_language_says_the_code_the_brand_and_the_minutes(
    pinpoint: Any, app: str, phones: PhoneService, language: str
) -> None:
    code = ask(pinpoint, app, phones, Language=language, ValidityPeriod=42)
    text = phones.texts[-1]["MessageBody"]
    assert all(part in text for part in (code, "Shop", "42"))


def test_a_new_code_replaces_the_former_one_and_its_attempts(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    former = ask(pinpoint, app, phones, AllowedAttempts=1)
    assert not verify(pinpoint, app, other_than(former))
    code = ask(pinpoint, app, phones, AllowedAttempts=2)
    if code != former:
        assert not verify(pinpoint, app, former)
    assert verify(pinpoint, app, code)


def test_the_code_is_in_the_message_and_nowhere_else(
    pinpoint: Any, app: str, phones: PhoneService, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="engine")
    code = ask(pinpoint, app, phones, CodeLength=8)
    verify(pinpoint, app, code)

    items = str(world.dynamodb.scan(TableName=TABLE)["Items"])
    queued = "".join(world.messages("stream"))
    context = str(phones.texts[-1]["Context"])
    assert code not in items + queued + context + caplog.text
    assert ANN not in items
    ttls = [
        item["ttl"] for item in world.dynamodb.scan(TableName=TABLE)["Items"] if "OTP#" in str(item["pk"])
    ]
    assert len(ttls) == 1


def test_attempts_at_the_same_moment_share_no_count_and_one_at_most_is_valid(
    world: World, phones: PhoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "live")
    context = replace(world.context, store=MemoryStore(), client=lambda _: phones)
    app = pinpoint_client(context).create_app(CreateApplicationRequest={"Name": "a"})
    application_id = app["ApplicationResponse"]["Id"]
    request = {"ApplicationId": application_id}
    send_otp_message(context, request | {"SendOTPMessageRequestParameters": parameters(AllowedAttempts=5)})
    code = str(re.search(r"\d{6}", phones.texts[0]["MessageBody"])[0])  # type: ignore[index]
    attempt = {"DestinationIdentity": ANN, "ReferenceId": "login-1", "Otp": code}
    answers: list[bool] = []

    def try_it() -> None:
        answers.append(
            verify_otp_message(context, request | {"VerifyOTPMessageRequestParameters": attempt})["Valid"]
        )

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_a_code_that_the_safety_catch_holds_back_says_so(
    pinpoint: Any, app: str, phones: PhoneService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "safe")
    answer = pinpoint.send_otp_message(ApplicationId=app, SendOTPMessageRequestParameters=parameters())
    result = answer["MessageResponse"]["Result"][ANN]
    assert result["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert "held back by the safety catch" in result["StatusMessage"]
    assert phones.texts == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"CodeLength": 4}, "CodeLength must be 5 to 8, got 4"),
        ({"ValidityPeriod": 61}, "ValidityPeriod must be 5 to 60, got 61"),
        ({"AllowedAttempts": 6}, "AllowedAttempts must be 1 to 5, got 6"),
        ({"AllowedAttempts": 0}, "AllowedAttempts must be 1 to 5, got 0"),
        ({"BrandName": "x" * 21}, "BrandName must have 1 to 20 characters, got 21"),
        ({"ReferenceId": ""}, "ReferenceId must have 1 to 48 characters, got 0"),
        ({"Channel": "VOICE"}, "Channel must be SMS, got 'VOICE'"),
        ({"DestinationIdentity": "2065550100"}, "DestinationIdentity must be a phone number"),
        ({"Language": "tlh"}, "Language must be one of .* got 'tlh'"),
    ],
)
def test_parameters_out_of_their_bounds_are_refused(
    pinpoint: Any, app: str, phones: PhoneService, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        pinpoint.send_otp_message(ApplicationId=app, SendOTPMessageRequestParameters=parameters(**more))
    assert phones.texts == []
