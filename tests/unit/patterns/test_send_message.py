"""Message requests: each recipient is sent to once, and has one result with its reason."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from patterns.send_message.requests import MessageRequest, Recipient, Template
from tests.support.message_room import LEASE, MessageRoom, message_id, message_room, refusal

LOST = ReadTimeoutError(endpoint_url="https://engine")


@pytest.fixture
def room() -> Iterator[MessageRoom]:
    with message_room() as made:
        yield made


def mail(*addresses: str, request_id: str = "r", **changes: Any) -> MessageRequest:
    members: dict[str, Any] = {
        "recipients": [Recipient(address=address) for address in addresses],
        "template": Template("welcome"),
    }
    return MessageRequest(request_id, "EMAIL", **members | changes)


def endpoint(address: str, channel: str = "EMAIL", user: str = "", **changes: Any) -> dict[str, Any]:
    return {"Address": address, "ChannelType": channel, "User": {"UserId": user}, **changes}


def test_requests_of_one_recipient_with_the_same_content_share_calls_of_a_hundred(room: MessageRoom) -> None:
    room.ask(*(mail(f"p{n}@x.org", request_id=f"r{n}") for n in range(250)))
    room.run()
    assert [len(call["Addresses"]) for call in room.project.calls] == [100, 100, 50]
    assert (room.statuses(), room.counts["Calls"]) == ({"SENT": 250}, 3)
    assert room.queue.dead == []


def test_the_calls_that_a_refused_call_is_halved_into_are_counted(room: MessageRoom) -> None:
    room.project.errors = [refusal(400), None, None]
    room.ask(*(mail(f"p{n}@x.org", request_id=f"r{n}") for n in range(4)))
    room.run()
    assert (room.statuses(), room.counts["Calls"]) == ({"SENT": 4}, 3)


def test_other_content_is_another_call(room: MessageRoom) -> None:
    room.ask(mail("a@x.org"), mail("b@x.org", request_id="s", template=Template("welcome", "2")))
    room.run()
    versions = [call["TemplateConfiguration"]["EmailTemplate"].get("Version") for call in room.project.calls]
    assert versions == [None, "2"]


def test_an_address_of_two_requests_is_in_two_calls(room: MessageRoom) -> None:
    room.project.endpoints = {"e": endpoint("a@x.org")}
    by_endpoint = mail(request_id="t", recipients=[Recipient(endpoint_id="e")])
    room.ask(mail("a@x.org", "b@x.org"), mail("a@x.org", request_id="s"), by_endpoint)
    room.run()
    assert [len(c.get("Addresses", {})) + len(c.get("Endpoints", {})) for c in room.project.calls] == [
        2,
        1,
        1,
    ]
    assert room.project.sent["a@x.org"] == 3


def test_values_and_context_are_each_recipients_own(room: MessageRoom) -> None:
    ann = Recipient(address="ann@x.org", substitutions={"Name": ["Ann"]}, context={"row": "1"})
    room.ask(mail(recipients=[ann], substitutions={"Name": ["you"], "Day": ["1"]}, context={"job": "j"}))
    room.run()
    (call,) = room.project.calls
    assert call["Addresses"]["ann@x.org"] == {
        "ChannelType": "EMAIL",
        "Substitutions": {"Name": ["Ann"], "Day": ["1"]},
        "Context": {"job": "j", "row": "1", "request_id": "r"},
    }


def test_a_result_says_whose_it_is_without_the_address(room: MessageRoom) -> None:
    room.project.endpoints = {"e": endpoint("u@x.org", user="u")}
    room.project.plan = {"p@x.org": ["PERMANENT_FAILURE"]}
    recipients = [Recipient(address="p@x.org"), Recipient(user_id="u", context={"row": "2"})]
    room.ask(mail(recipients=recipients, context={"job": "j"}))
    room.run()
    refused, sent = room.bus.details
    assert refused["reason"] == "permanent_failure: said of <redacted>"
    assert set(refused["recipient"]) == {"position", "address_sha256"}
    assert (sent["recipient"]["endpoint_id"], sent["recipient"]["user_id"]) == ("e", "u")
    assert {name: sent[name] for name in ("request_id", "channel", "status", "message_id", "context")} == {
        "request_id": "r",
        "channel": "EMAIL",
        "status": "SENT",
        "message_id": message_id("e"),
        "context": {"job": "j", "row": "2"},
    }
    assert "x.org" not in json.dumps(room.bus.entries)
    assert {(e["Source"], e["DetailType"], e["EventBusName"]) for e in room.bus.entries} == {
        ("pinpoint-patterns.send-message", "Message Result", "bus")
    }


def test_opt_out_status_and_channel_are_checked_though_the_api_ignores_them(room: MessageRoom) -> None:
    room.project.endpoints = {
        "out": endpoint("a@x.org", OptOut="ALL"),
        "off": endpoint("b@x.org", EndpointStatus="INACTIVE"),
        "sms": endpoint("+14255550100", "SMS"),
        "bare": endpoint(""),
        "in": endpoint("c@x.org", OptOut="NONE", EndpointStatus="ACTIVE"),
    }
    names = ["out", "off", "sms", "bare", "in", "nobody"]
    room.ask(mail(recipients=[Recipient(endpoint_id=name) for name in names]))
    room.run()
    assert room.results() == [
        ("LEFT_OUT", "opted_out"),
        ("LEFT_OUT", "endpoint_inactive"),
        ("LEFT_OUT", "endpoint_of_another_channel"),
        ("FAILED", "endpoint_has_no_address"),
        ("SENT", ""),
        ("FAILED", "unknown_endpoint"),
    ]
    assert dict(room.project.sent) == {"c@x.org": 1}


def test_a_user_is_sent_to_at_every_endpoint_of_the_channel(room: MessageRoom) -> None:
    room.project.endpoints = {
        "one": endpoint("a@x.org", user="u"),
        "two": endpoint("b@x.org", user="u"),
        "out": endpoint("c@x.org", user="u", OptOut="ALL"),
        "sms": endpoint("+14255550100", "SMS", user="u"),
        "other": endpoint("+14255550101", "SMS", user="v"),
    }
    room.ask(mail(recipients=[Recipient(user_id=user) for user in ("u", "v", "nobody")]))
    room.run()
    assert dict(room.project.sent) == {"a@x.org": 1, "b@x.org": 1}
    assert room.results() == [
        ("LEFT_OUT", "opted_out"),
        ("SENT", ""),
        ("SENT", ""),
        ("LEFT_OUT", "user_has_no_endpoint_of_the_channel"),
        ("FAILED", "unknown_user"),
    ]


def test_of_recipients_with_one_address_only_the_first_is_sent_to(room: MessageRoom) -> None:
    room.project.endpoints = {"e": endpoint("a@x.org")}
    room.ask(
        mail(
            recipients=[
                Recipient(address="a@x.org"),
                Recipient(endpoint_id="e"),
                Recipient(address="a@x.org"),
            ]
        )
    )
    room.run()
    assert room.project.sent["a@x.org"] == 1
    assert room.results() == [
        ("SENT", ""),
        ("LEFT_OUT", "address_of_another_recipient"),
        ("LEFT_OUT", "address_of_another_recipient"),
    ]


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("PERMANENT_FAILURE", "FAILED"),
        ("OPT_OUT", "LEFT_OUT"),
        ("DUPLICATE", "LEFT_OUT"),
        ("UNKNOWN_FAILURE", "UNKNOWN"),
        ("A_NEW_ONE", "UNKNOWN"),
    ],
)
def test_what_ends_is_never_sent_again(room: MessageRoom, status: str, result: str) -> None:
    room.project.plan = {"a@x.org": [status]}
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    assert len(room.project.calls) == 1
    assert room.results() == [(result, f"{status.lower()}: said of <redacted>"), ("SENT", "")]


@pytest.mark.parametrize("status", ["THROTTLED", "TEMPORARY_FAILURE"])
def test_what_is_retryable_is_sent_again_alone(room: MessageRoom, status: str) -> None:
    room.project.plan = {"a@x.org": [status, status]}
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    assert [list(call["Addresses"]) for call in room.project.calls] == [
        ["a@x.org", "b@x.org"],
        ["a@x.org"],
        ["a@x.org"],
    ]
    assert room.statuses() == {"SENT": 2}
    assert room.now[0] > 1_000_001


def test_temporary_failures_are_given_up_after_the_last_attempt(room: MessageRoom) -> None:
    room.project.plan = {"a@x.org": ["TEMPORARY_FAILURE"] * 9}
    room.ask(mail("a@x.org"))
    room.run()
    assert len(room.project.calls) == 3
    assert room.results() == [("FAILED", "retries_exhausted: temporary_failure: said of <redacted>")]


def test_throttling_is_no_attempt_and_is_given_up_by_age(room: MessageRoom) -> None:
    room.project.plan = {"a@x.org": ["THROTTLED"] * 1_000}
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    assert 10 < len(room.project.calls) < 500
    assert room.results() == [("FAILED", "waited_too_long"), ("SENT", "")]


def test_a_lost_answer_is_unknown_and_never_sent_again(room: MessageRoom) -> None:
    room.project.errors = [LOST]
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    assert len(room.project.calls) == 1
    assert room.results() == [("UNKNOWN", "answer_lost: ReadTimeoutError")] * 2
    assert room.counts["Unknown"] == 2


def test_a_result_that_is_missing_is_unknown(room: MessageRoom) -> None:
    room.project.send_messages = lambda **_: {"MessageResponse": {}}  # type: ignore[method-assign]
    room.ask(mail("a@x.org"))
    room.run()
    assert room.results() == [("UNKNOWN", "no_result")]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_says_nothing_of_what_was_sent(room: MessageRoom, status: int) -> None:
    room.project.errors = [refusal(status, "InternalServerErrorException")]
    room.ask(mail("a@x.org"))
    room.run()
    assert room.results() == [("UNKNOWN", "answer_lost: InternalServerErrorException")]


@pytest.mark.parametrize(
    "error",
    [
        refusal(429, "TooManyRequestsException"),
        refusal(403, "AccessDeniedException"),
        EndpointConnectionError(endpoint_url="https://engine"),
    ],
    ids=["throttled", "not allowed", "not reached"],
)
def test_a_call_that_sent_nothing_comes_again_and_is_no_attempt(room: MessageRoom, error: Exception) -> None:
    room.project.errors = [error] * 10
    room.ask(mail("a@x.org"))
    room.run()
    assert (room.results(), len(room.project.calls)) == ([("SENT", "")], 11)


def test_one_recipient_whom_the_api_refuses_fails_alone(room: MessageRoom) -> None:
    room.project.refused = "p7@x.org"
    room.ask(mail(*(f"p{n}@x.org" for n in range(50))))
    room.run()
    assert room.statuses() == {"SENT": 49, "FAILED": 1}
    assert room.results()[7] == ("FAILED", "call_refused: BadRequestException")
    assert max(room.project.sent.values()) == 1


def test_a_template_that_does_not_exist_fails_its_recipients_in_one_call(room: MessageRoom) -> None:
    room.project.errors = [refusal(404, "NotFoundException")]
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    assert room.results() == [("FAILED", "call_refused: NotFoundException")] * 2
    assert len(room.project.calls) == 1


def test_a_repeated_request_is_dropped(room: MessageRoom) -> None:
    room.ask(mail("a@x.org", "b@x.org"), mail("a@x.org", "b@x.org"))
    room.run()
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    assert (room.statuses(), room.counts["Repeated"]) == ({"SENT": 2}, 2)
    assert room.project.sent == {"a@x.org": 1, "b@x.org": 1}


@pytest.mark.parametrize(
    "other",
    [
        mail("a@x.org", template=Template("other")),
        mail("b@x.org"),
        mail("a@x.org", substitutions={"Name": ["you"]}),
    ],
    ids=["content", "recipients", "substitutions"],
)
def test_a_request_id_with_anything_else_is_refused(room: MessageRoom, other: MessageRequest) -> None:
    room.ask(mail("a@x.org"), other)
    room.run()
    assert room.statuses() == {"SENT": 1}
    ((body, reason),) = room.queue.dead
    assert (body, reason.partition(":")[0]) == (
        other.to_json(),
        "request_id was used before for other content or other recipients",
    )


def test_a_request_that_is_delivered_again_goes_on_where_it_stopped(room: MessageRoom) -> None:
    room.ask(mail("a@x.org", "b@x.org"))
    records = room.queue.receive(1)
    room.worker.process(records)
    room.worker.process(records)
    assert room.project.sent == {"a@x.org": 1, "b@x.org": 1}
    assert room.statuses() == {"SENT": 4}
    assert len({detail["result_id"] for detail in room.bus.details}) == 2
    assert {detail["message_id"] for detail in room.bus.details} == {
        message_id("a@x.org"),
        message_id("b@x.org"),
    }


def test_a_worker_that_dies_in_a_call_leaves_an_unknown_result(room: MessageRoom) -> None:
    class Killed(BaseException):
        pass

    def die(**_: object) -> None:
        room.project.sent["a@x.org"] += 1
        raise Killed

    room.ask(mail("a@x.org"))
    send, room.project.send_messages = room.project.send_messages, die  # type: ignore[assignment, method-assign]
    with pytest.raises(Killed):
        room.once()
    room.project.send_messages = send  # type: ignore[method-assign]
    assert room.now[0] + LEASE < min(it.visible_at for it in room.queue.waiting.values())
    room.run()
    assert room.results() == [("UNKNOWN", "lease_expired")]
    assert room.project.sent == {"a@x.org": 1}


def test_a_result_that_the_bus_refuses_is_told_again_without_sending_again(room: MessageRoom) -> None:
    room.bus.refuse = 7
    room.ask(mail(*(f"p{n}@x.org" for n in range(25))))
    room.run()
    assert (room.statuses(), room.bus.refuse) == ({"SENT": 25}, 0)
    assert max(room.project.sent.values()) == 1
    assert len({detail["result_id"] for detail in room.bus.details}) == 25


def test_results_outlast_a_bus_that_is_down(room: MessageRoom) -> None:
    room.bus.down = True
    room.ask(mail("a@x.org", "b@x.org"), mail("c@x.org", request_id="s"))
    for _ in range(3):
        room.once()
        room.now[0] += 300
    assert room.bus.details == []
    room.bus.down = False
    room.run()
    assert room.statuses() == {"SENT": 3}
    assert max(room.project.sent.values()) == 1


def test_results_that_the_bus_never_takes_wait_among_the_dead_letters_and_are_told_from_there(
    room: MessageRoom,
) -> None:
    room.bus.down = True
    room.ask(mail("a@x.org", "b@x.org"))
    room.run()
    ((body, reason),) = room.queue.dead
    assert reason == "the event bus did not take the results"
    room.bus.down = False
    room.queue.put(body)
    room.run()
    assert room.statuses() == {"SENT": 2}
    assert max(room.project.sent.values()) == 1


def test_a_look_up_that_fails_comes_again_before_anybody_is_sent_to(room: MessageRoom) -> None:
    room.project.endpoints = {"e": endpoint("a@x.org")}
    room.project.look_up_errors = [refusal(429), refusal(500), ConnectionError()]
    room.ask(mail(recipients=[Recipient(endpoint_id="e"), Recipient(address="b@x.org")]))
    room.run()
    assert room.results() == [("SENT", ""), ("SENT", "")]
    assert room.project.sent == {"a@x.org": 1, "b@x.org": 1}


def test_look_ups_that_always_fail_are_given_up_by_age(room: MessageRoom) -> None:
    room.project.look_up_errors = [refusal(503)] * 1_000
    room.ask(mail(recipients=[Recipient(endpoint_id="e")]))
    room.run()
    assert room.results() == [("FAILED", "waited_too_long: look_up_503")]


def test_a_large_request_is_worked_on_in_bounded_pieces() -> None:
    with message_room(most=200) as room:
        room.ask(mail(*(f"p{n}@x.org" for n in range(450))))
        assert room.once() == 1
        assert len(room.bus.details) == 200
        assert len(room.queue.waiting) == 1
        room.run()
        assert room.statuses() == {"SENT": 450}
        assert len(room.project.calls) == 5
        assert {d["recipient"]["position"] for d in room.bus.details} == set(range(450))


def test_no_call_is_begun_when_the_time_is_up(room: MessageRoom) -> None:
    send = room.project.send_messages

    def slow(**request: Any) -> dict[str, Any]:
        room.now[0] += 100
        return send(**request)

    room.project.send_messages = slow  # type: ignore[method-assign]
    room.ask(mail(*(f"p{n}@x.org" for n in range(300))))
    room.once()
    assert len(room.project.calls) == 2
    room.run()
    assert (room.statuses(), max(room.project.sent.values())) == ({"SENT": 300}, 1)


def test_the_ledger_and_the_log_hold_no_address(
    room: MessageRoom, capsys: pytest.CaptureFixture[str]
) -> None:
    room.project.endpoints = {"e-1": endpoint("u@x.org", user="u-1")}
    room.project.errors = [refusal(400), None]
    room.ask(
        mail(recipients=[Recipient(address="a@x.org"), Recipient(user_id="u-1")]), mail("bad", request_id="s")
    )
    room.run()
    items = json.dumps(room.dynamodb.scan(TableName="ledger")["Items"])
    captured = capsys.readouterr()
    for known in ("x.org", "e-1", "u-1"):
        assert known not in items
    assert "x.org" not in captured.out + captured.err
