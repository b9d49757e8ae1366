"""One-time passwords: sent and verified at a bounded rate, and the code is written down nowhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.validate import ParamValidator
from moto import mock_aws

from patterns.send_message.one_time_passwords import Limits, OneTimePasswords, Rate
from tests.support.message_room import refusal

NUMBER = "+14255550100"
SEND = {"action": "send", "reference": "login-1", "destination": NUMBER}
VERIFY = {"action": "verify", "reference": "login-1", "destination": NUMBER, "code": "123456"}


@dataclass
class Api:
    """Sends and compares, as far as the model allows."""

    model: Any
    status: str = "SUCCESSFUL"
    error: Exception | None = None
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def send_otp_message(self, *, ApplicationId: str, **parameters: Any) -> dict[str, Any]:  # noqa: N803
        self._check("SendOTPMessageRequest", ApplicationId=ApplicationId, **parameters)
        results = {NUMBER: {"DeliveryStatus": self.status, "StatusCode": 200}}
        return {"MessageResponse": {"ApplicationId": ApplicationId, "Result": results}}

    def verify_otp_message(self, *, ApplicationId: str, **parameters: Any) -> dict[str, Any]:  # noqa: N803
        request = self._check("VerifyOTPMessageRequest", ApplicationId=ApplicationId, **parameters)
        return {"VerificationResponse": {"Valid": request["Otp"] == "123456"}}

    def _check(self, shape: str, **request: Any) -> dict[str, Any]:
        report = ParamValidator().validate(request, self.model.shape_for(shape))
        assert not report.has_errors(), report.generate_report()
        self.requests.append(next(value for value in request.values() if isinstance(value, dict)))
        if self.error:
            raise self.error
        return self.requests[-1]


@dataclass
class Room:
    passwords: OneTimePasswords
    api: Api
    dynamodb: Any
    now: list[float]

    def call(self, event: dict[str, Any]) -> dict[str, Any]:
        return self.passwords.answer(event).document()


@pytest.fixture
def room() -> Iterator[Room]:
    now = [6_000.0]
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="rates",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        api = Api(boto3.client("pinpoint", region_name="us-east-1").meta.service_model)
        passwords = OneTimePasswords(
            pinpoint=api,
            application_id="app",
            rate=Rate(dynamodb, "rates", 600, clock=lambda: now[0]),
            limits=Limits(sends=2, verifications=3, window=600),
            message={"BrandName": "Shop", "OriginationIdentity": "SHOP", "CodeLength": 6},
        )
        yield Room(passwords, api, dynamodb, now)


def test_a_code_is_sent_for_a_reference_and_a_number(room: Room) -> None:
    assert room.call(SEND) == {"status": "SENT"}
    assert room.api.requests == [
        {
            "BrandName": "Shop",
            "OriginationIdentity": "SHOP",
            "CodeLength": 6,
            "Channel": "SMS",
            "ReferenceId": "login-1",
            "DestinationIdentity": NUMBER,
        }
    ]


@pytest.mark.parametrize(("code", "status"), [("123456", "VALID"), ("654321", "INVALID")])
def test_a_code_is_compared_by_the_api(room: Room, code: str, status: str) -> None:
    assert room.call({**VERIFY, "code": code}) == {"status": status}
    assert room.api.requests[0]["ReferenceId"] == "login-1"


def test_a_number_is_sent_so_many_codes_in_a_window(room: Room) -> None:
    assert [room.call({**SEND, "reference": f"r{n}"})["status"] for n in range(3)] == [
        "SENT",
        "SENT",
        "LIMITED",
    ]
    limited = room.call(SEND)
    assert limited == {"status": "LIMITED", "reason": "too_many_sends", "retry_after": 600}
    assert len(room.api.requests) == 2
    room.now[0] += 600
    assert room.call(SEND)["status"] == "SENT"


def test_other_numbers_are_not_limited_with_it(room: Room) -> None:
    for _ in range(3):
        room.call(SEND)
    assert room.call({**SEND, "destination": "+14255550101"})["reason"] == "no_result"


def test_codes_for_a_number_are_tried_so_often_in_a_window_whatever_the_reference(room: Room) -> None:
    tried = [room.call({**VERIFY, "reference": f"r{n}", "code": "000000"})["status"] for n in range(4)]
    assert tried == ["INVALID", "INVALID", "INVALID", "LIMITED"]
    assert room.call(VERIFY)["reason"] == "too_many_verifications"


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        ("THROTTLED", "TRY_AGAIN"),
        ("TEMPORARY_FAILURE", "TRY_AGAIN"),
        ("PERMANENT_FAILURE", "FAILED"),
        ("OPT_OUT", "FAILED"),
        ("UNKNOWN_FAILURE", "UNKNOWN"),
    ],
)
def test_what_the_api_says_of_the_message_is_told(room: Room, status: str, reply: str) -> None:
    room.api.status = status
    assert room.call(SEND) == {"status": reply, "reason": status.lower()}


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (refusal(429), "TRY_AGAIN"),
        (EndpointConnectionError(endpoint_url="https://engine"), "TRY_AGAIN"),
        (refusal(400, "BadRequestException"), "FAILED"),
        (ReadTimeoutError(endpoint_url="https://engine"), "UNKNOWN"),
        (refusal(500), "UNKNOWN"),
    ],
)
@pytest.mark.parametrize("event", [SEND, VERIFY], ids=["send", "verify"])
def test_a_call_that_fails_is_never_repeated(
    room: Room, event: dict[str, Any], error: Exception, reply: str
) -> None:
    room.api.error = error
    assert room.call(event)["status"] == reply
    assert len(room.api.requests) == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({**SEND, "reference": ""}, "reference must be"),
        ({**SEND, "reference": "x" * 49}, "reference must be"),
        ({**SEND, "reference": 1}, "reference must be"),
        ({**SEND, "destination": "4255550100"}, "destination must be"),
        ({**SEND, "destination": None}, "destination must be"),
        ({**SEND, "action": "guess"}, "action must be"),
        ({**VERIFY, "code": 123456}, "code must be"),
        ({**VERIFY, "code": "12 34"}, "code must be"),
        ({}, "reference must be"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused_and_counts_for_nothing(
    room: Room, event: dict[str, Any], reason: str
) -> None:
    reply = room.call(event)
    assert reply["status"] == "REFUSED"
    assert reply["reason"].startswith(reason)
    assert (room.api.requests, room.dynamodb.scan(TableName="rates")["Items"]) == ([], [])


def test_neither_the_code_nor_the_number_is_written_down(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.call(SEND)
    room.call(VERIFY)
    room.api.error = ReadTimeoutError(endpoint_url="https://engine")
    replies = [room.call(SEND), room.call(VERIFY)]
    captured = capsys.readouterr()
    written = (
        json.dumps([room.dynamodb.scan(TableName="rates")["Items"], replies]) + captured.out + captured.err
    )
    assert "123456" not in written
    assert "4255550100" not in written
