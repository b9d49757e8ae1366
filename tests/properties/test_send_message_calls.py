"""Any recipients in any requests: calls of a hundred at most, everybody sent to once, a result for each."""

import json
from collections import Counter
from typing import Any

import boto3
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.send_message.calls import MOST_RECIPIENTS, calls
from patterns.send_message.targets import Target
from patterns.send_message.tasks import parse
from tests.support.message_room import message_room

MODEL: Any = boto3.client("pinpoint", region_name="us-east-1").meta.service_model
BYTES_OF_A_CALL = 5_000_000
# Few addresses meet often, long values fill calls by their size, and two texts are two contents.
PEOPLE = st.integers(0, 150)
LENGTHS = st.sampled_from([0, 0, 0, 10, 90_000])
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["Hello", "Bye"]), st.lists(st.tuples(PEOPLE, LENGTHS), min_size=1, max_size=260)
    ),
    min_size=1,
    max_size=6,
)
STATUSES = st.lists(
    st.sampled_from(["SUCCESSFUL", "THROTTLED", "TEMPORARY_FAILURE", "PERMANENT_FAILURE", "UNKNOWN_FAILURE"]),
    max_size=6,
)


def address(person: int) -> str:
    return f"p{person}@example.com"


def request(number: int, text: str, recipients: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "request_id": f"r{number}",
        "channel": "EMAIL",
        "message": {"SimpleEmail": {"TextPart": {"Data": text}}},
        "recipients": recipients,
    }


def targets_of(asked: list[tuple[str, list[tuple[int, int]]]]) -> list[Target]:
    """As the worker has them: one for each address of a request, since its ledger lets no second one by."""
    found: list[Target] = []
    for number, (text, people) in enumerate(asked):
        wanted = [
            {"address": address(person), "substitutions": {"Word": ["x" * length]}}
            for person, length in dict(people).items()
        ]
        document = parse(json.dumps(request(number, text, wanted)), ["EMAIL"], MODEL)
        found += [Target(document, each, each.address, each.channel) for each in document.listed]
    return found


@settings(max_examples=40, deadline=None)
@given(REQUESTS)
def test_each_target_is_in_one_call_and_no_call_has_too_many(
    asked: list[tuple[str, list[tuple[int, int]]]],
) -> None:
    targets = targets_of(asked)
    made = calls(targets)
    assert Counter(target for call in made for target in call.targets) == Counter(targets)
    for call in made:
        addresses = [target.address for target in call.targets]
        assert 1 <= len(addresses) <= MOST_RECIPIENTS
        assert len(set(addresses)) == len(addresses) == len(call.request()["Addresses"])
        assert {target.task.content.key for target in call.targets} == {call.content.key}
        assert len(json.dumps(call.request())) <= BYTES_OF_A_CALL


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_different_people_need_no_more_calls_than_the_limit_asks_for(sizes: list[int]) -> None:
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    asked = [
        ("Hello", [(person, 0) for person in range(start, start + size)])
        for start, size in zip(starts, sizes, strict=True)
    ]
    made = calls(targets_of(asked))
    assert len(made) == -(-sum(sizes) // MOST_RECIPIENTS)


@settings(max_examples=15, deadline=None)
@given(
    asked=st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=30), min_size=1, max_size=4),
    plan=st.dictionaries(st.integers(0, 12), STATUSES, max_size=5),
    refused=st.integers(-1, 12),
    repeated=st.booleans(),
    bus_refuses=st.integers(0, 4),
)
def test_results_balance_and_nobody_is_sent_to_twice_whatever_is_answered(
    asked: list[list[int]], plan: dict[int, list[str]], refused: int, repeated: bool, bus_refuses: int
) -> None:
    with message_room() as room:
        room.project.plan = {address(person): list(statuses) for person, statuses in plan.items()}
        room.project.refused = address(refused)
        room.bus.refuse = bus_refuses
        documents = [
            request(number, "Hello", [{"address": address(person)} for person in people])
            for number, people in enumerate(asked)
        ]
        room.ask(*documents, *(documents if repeated else []))
        room.run()
        told = Counter((it["request_id"], it["recipient"]["position"]) for it in room.bus.details)
        assert told == Counter(
            (f"r{number}", position) for number, people in enumerate(asked) for position in range(len(people))
        )
        statuses = room.statuses()
        went_out = statuses["SENT"] + statuses["UNKNOWN"]
        assert room.project.sent.total() == went_out
        wanted = Counter(person for people in asked for person in set(people))
        assert all(room.project.sent[address(person)] <= times for person, times in wanted.items())
        assert statuses["LEFT_OUT"] == sum(len(people) - len(set(people)) for people in asked)
        assert room.queue.dead == []
