"""Attributes that another system knows: one call a batch, in time, with a fallback for each endpoint."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.campaign_hooks.batch import Endpoint, batch_of
from patterns.campaign_hooks.fetched import LARGEST_ANSWER, FetchedAttributes
from patterns.campaign_hooks.filters import Deadline, decide
from patterns.campaign_hooks.hook import Hook
from pinpoint_runtime.webhook import Accepted, Outcome, RetryLater, Unknown

ADDRESS = "jane@example.com"
FALLBACK = {"Offer": ["none"]}


class System:
    """Another system, which answers what it is told to."""

    def __init__(self) -> None:
        self.offers: Callable[[list[str]], Any] = lambda ids: {"endpoints": {i: {"Offer": i} for i in ids}}
        self.outcome: Outcome = Accepted(200)
        self.body: bytes | None = None
        self.hangs = threading.Event()
        self.hangs.set()
        self.questions: list[tuple[str, Mapping[str, Any]]] = []

    def ask(
        self, message_id: str, payload: Mapping[str, Any], *, longest: int = 65536
    ) -> tuple[Outcome, bytes]:
        self.questions.append((message_id, payload))
        self.hangs.wait(5)
        ids = [each["endpoint_id"] for each in payload["endpoints"]]
        body = json.dumps(self.offers(ids)).encode() if self.body is None else self.body
        return self.outcome, body[:longest]


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def fetched(system: System, threads: ThreadPoolExecutor, **options: Any) -> FetchedAttributes:
    defaults: dict[str, Any] = {"names": ["Offer"], "fallback": FALLBACK, "largest": 4096, "wait": 3.0}
    return FetchedAttributes(system, threads=threads, **(defaults | options))


def event(*ids: str, **members: Any) -> dict[str, Any]:
    endpoint = {"ChannelType": "EMAIL", "Address": ADDRESS, "User": {"UserId": "u"}, **members}
    return {
        "ApplicationId": "app",
        "CampaignId": "c",
        "ActivityId": "a",
        "Endpoints": dict.fromkeys(ids, endpoint),
    }


def answer(filter_: FetchedAttributes, *ids: str, budget: float = 8.0, **members: Any) -> dict[str, Any]:
    return Hook([filter_], None, budget).answer(event(*ids, **members))


def offers(answered: Mapping[str, Any]) -> dict[str, list[str]]:
    return {id_: members["Attributes"]["Offer"] for id_, members in answered.items()}


def test_each_endpoint_gets_what_the_system_says_of_it_in_one_call(
    system: System, threads: ThreadPoolExecutor
) -> None:
    assert offers(answer(fetched(system, threads), "e1", "e2")) == {"e1": ["e1"], "e2": ["e2"]}
    assert len(system.questions) == 1


def test_what_an_endpoint_had_stays_and_endpoints_without_attributes_are_no_trouble(
    system: System, threads: ThreadPoolExecutor
) -> None:
    assert answer(fetched(system, threads), "e1", Attributes={"Plan": ["gold"]})["e1"]["Attributes"] == {
        "Plan": ["gold"],
        "Offer": ["e1"],
    }
    assert answer(fetched(system, threads), "e2", Attributes=None)["e2"]["Attributes"] == {"Offer": ["e2"]}


def test_the_question_says_who_and_which_run_and_no_address(
    system: System, threads: ThreadPoolExecutor
) -> None:
    answer(fetched(system, threads), "e1", Attributes={"Plan": ["gold"]})
    ((_, question),) = system.questions
    assert ADDRESS not in json.dumps(question)
    assert question == {
        "type": "campaign.attributes",
        "application_id": "app",
        "campaign_id": "c",
        "campaign_activity_id": "a",
        "treatment_id": "",
        "attributes": ["Offer"],
        "endpoints": [
            {
                "endpoint_id": "e1",
                "user_id": "u",
                "channel_type": "EMAIL",
                "attributes": {"Plan": ["gold"]},
                "user_attributes": {},
            }
        ],
    }


def test_a_repeated_batch_asks_under_the_same_id_and_another_under_another(
    system: System, threads: ThreadPoolExecutor
) -> None:
    for ids in (("e1", "e2"), ("e2", "e1"), ("e3",)):
        answer(fetched(system, threads), *ids)
    first, again, other = (message_id for message_id, _ in system.questions)
    assert first == again != other


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "not_answered"),
        ({"e1": None}, "no_attributes"),
        ({"e1": []}, "no_attributes"),
        ({"e1": {}}, "no_attributes"),
        ({"e1": {"Offer": []}}, "no_attributes"),
        ({"e1": {"Offer": [1]}}, "no_attributes"),
        ({"e1": {"Offer": {"a": 1}}}, "no_attributes"),
        ({"e1": {"Offer": "x" * 5000}}, "too_large"),
    ],
)
def test_one_bad_answer_falls_back_for_its_endpoint_alone(
    system: System, threads: ThreadPoolExecutor, said: dict[str, Any], reason: str
) -> None:
    system.offers = lambda _: {"endpoints": {"e2": {"Offer": ["e2"]}, **said}}
    decision = decide(
        batch_of(event("e1", "e2")), [fetched(system, threads)], Deadline(8.0, monotonic=lambda: 0.0)
    )
    assert {one.id: one.values("Offer") for one in decision.kept} == {"e1": {"none"}, "e2": {"e2"}}
    assert decision.notes == {"e1": f"fell_back:{reason}"}
    strict = fetched(system, threads, fallback=None)
    decision = decide(batch_of(event("e1", "e2")), [strict], Deadline(8.0, monotonic=lambda: 0.0))
    assert [one.id for one in decision.kept] == ["e2"]
    assert decision.left_out == {"e1": f"not_fetched:{reason}"}


@pytest.mark.parametrize(
    ("outcome", "body", "reason"),
    [
        (RetryLater("http_500"), b"", "refused"),
        (Unknown("ReadTimeoutError"), b"", "no_answer_in_time"),
        (Accepted(200), b"<html>", "answer_unreadable"),
        (Accepted(200), b"[]", "answer_unreadable"),
        (Accepted(200), b'{"endpoints": 1}', "answer_unreadable"),
        (Accepted(200), b"[" * 200_000, "answer_unreadable"),
        (Accepted(200), b" " * LARGEST_ANSWER, "answer_too_large"),
    ],
)
def test_an_answer_that_is_none_falls_back_for_all(
    system: System, threads: ThreadPoolExecutor, outcome: Outcome, body: bytes, reason: str
) -> None:
    system.outcome, system.body = outcome, body
    verdict = fetched(system, threads).judge(
        batch_of(event("e1", "e2")), batch_of(event("e1", "e2")).endpoints, Deadline(8.0, lambda: 0.0)
    )
    assert set(verdict.notes.values()) == {f"fell_back:{reason}"}
    assert {one.id: one.values("Offer") for one in verdict.changed.values()} == {
        "e1": {"none"},
        "e2": {"none"},
    }


def test_a_system_that_does_not_answer_in_time_is_waited_for_no_longer(
    system: System, threads: ThreadPoolExecutor
) -> None:
    system.hangs.clear()
    assert offers(answer(fetched(system, threads, wait=0.05), "e1")) == {"e1": ["none"]}
    system.hangs.set()


def test_a_system_is_not_asked_when_the_time_is_over(system: System, threads: ThreadPoolExecutor) -> None:
    assert offers(answer(fetched(system, threads), "e1", budget=1.0)) == {"e1": ["none"]}
    assert system.questions == []


def test_nobody_is_asked_about_an_empty_batch(system: System, threads: ThreadPoolExecutor) -> None:
    assert answer(fetched(system, threads)) == {}
    assert system.questions == []


def test_bodies_of_fifty_endpoints_at_the_limit_fit_into_an_answer(
    system: System, threads: ThreadPoolExecutor
) -> None:
    system.offers = lambda ids: {"endpoints": {i: {"Offer": "x" * 99_900} for i in ids}}
    ids = [f"e{n}" for n in range(50)]
    answered = answer(fetched(system, threads, largest=100_000, fallback=None), *ids)
    assert set(answered) == set(ids)
    assert len(json.dumps(answered)) <= LARGEST_ANSWER


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 130_000), st.sampled_from(["x", "ß", "😀"])), max_size=50),
    st.integers(0, 60_000),
    st.booleans(),
)
def test_an_answer_never_outgrows_what_a_function_may_answer(
    bodies: list[tuple[int, str]], own: int, lenient: bool
) -> None:
    system = System()
    by_id = {f"e{n}": letter * size for n, (size, letter) in enumerate(bodies)}
    system.offers = lambda _: {"endpoints": {i: {"Offer": text} for i, text in by_id.items()}}
    with ThreadPoolExecutor(1) as pool:
        filter_ = fetched(system, pool, largest=10**6, fallback=FALLBACK if lenient else None)
        answered = answer(filter_, *by_id, Attributes={"Own": ["y" * own]})
    assert len(json.dumps(answered)) <= LARGEST_ANSWER
    for id_, members in answered.items():
        assert members["Attributes"]["Offer"] in ([by_id[id_]], FALLBACK["Offer"])


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["endpoints", "e1", "Offer"]), inner)
        ),
        max_leaves=8,
    )
)
def test_whatever_is_answered_everybody_ends_with_an_offer(said: Any) -> None:
    system = System()
    system.offers = lambda _: said
    with ThreadPoolExecutor(1) as pool:
        answered = answer(fetched(system, pool), "e1", "e2")
    assert set(answered) == {"e1", "e2"}
    assert all(all(isinstance(text, str) for text in texts) for texts in offers(answered).values())


def test_an_endpoint_with_attributes_more_is_otherwise_as_it_was() -> None:
    endpoint = Endpoint("e1", {"ChannelType": "EMAIL", "Attributes": {"A": ["1"]}})
    assert endpoint.with_attributes({"B": ["2"]}).members == {
        "ChannelType": "EMAIL",
        "Attributes": {"A": ["1"], "B": ["2"]},
    }
