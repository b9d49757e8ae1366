"""A campaign hook: who is sent to, who is left out and why, always in time."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from patterns.campaign_hooks.audit import AuditTrail
from patterns.campaign_hooks.batch import Batch, BatchUnreadable, Endpoint
from patterns.campaign_hooks.filters import Deadline, DenyRule, Filter, Verdict
from patterns.campaign_hooks.frequency_cap import FrequencyCap
from patterns.campaign_hooks.hook import Hook
from patterns.campaign_hooks.places import Places, user_key
from patterns.campaign_hooks.release import NotSent, not_sent, release
from tests.support.payloads import payload

DAY = 86400.0
ADDRESS = "jane@example.com"


class OneAtATime:
    """A client whose calls are atomic, as DynamoDB's are on one item and moto's are not."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**request)

        return call


class Bucket:
    """S3 with objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False

    def put_object(self, **request: Any) -> None:
        if self.down:
            raise ConnectionError
        self.objects[request["Key"]] = request["Body"]

    def lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for body in self.objects.values() for line in body.splitlines()]


@pytest.fixture
def now() -> list[float]:
    return [1_700_000_000.0]


@pytest.fixture
def places(now: list[float]) -> Iterator[Places]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="places",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        yield Places(OneAtATime(client), "places", most=3, window=DAY, clock=lambda: now[0])


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def event(endpoints: object, activity: str = "activity") -> dict[str, Any]:
    run = {"ApplicationId": "app", "CampaignId": "campaign", "ActivityId": activity}
    return payload("campaign_hook/campaign") | run | {"Endpoints": endpoints}


def endpoint(user: str = "", **attributes: list[str]) -> dict[str, Any]:
    members: dict[str, Any] = {"ChannelType": "EMAIL", "Address": ADDRESS}
    if user:
        members["User"] = {"UserId": user}
    if attributes:
        members["Attributes"] = attributes
    return members


def hook(*filters: Filter, audit: AuditTrail | None = None, budget: float = 5.0) -> Hook:
    return Hook(filters, audit, budget)


def test_the_answer_is_the_bare_map_with_the_endpoints_as_they_came() -> None:
    endpoints = {"a": endpoint("u", offer=["x"]), "b": {}}
    assert hook().answer(event(endpoints)) == endpoints


def test_a_deny_rule_leaves_out_by_the_endpoints_or_its_users_attribute() -> None:
    rule = DenyRule("tier", frozenset({"banned"}))
    endpoints = {
        "own": endpoint(tier=["gold", "banned"]),
        "users": {"User": {"UserAttributes": {"tier": ["banned"]}}},
        "fine": endpoint(tier=["gold"]),
        "bare": {},
        "odd": {"Attributes": "x", "User": ["y"]},
    }
    assert set(hook(rule).answer(event(endpoints))) == {"fine", "bare", "odd"}


def test_at_most_so_many_messages_a_user_in_the_window(
    places: Places, threads: ThreadPoolExecutor, now: list[float]
) -> None:
    capped = hook(FrequencyCap(places, threads))
    for number in range(5):
        kept = capped.answer(event({"e": endpoint("u")}, f"activity-{number}"))
        assert bool(kept) is (number < 3)
        now[0] += 60
    now[0] += DAY - 5 * 60
    assert capped.answer(event({"e": endpoint("u")}, "later"))
    assert not capped.answer(event({"e": endpoint("u")}, "too early"))


def test_several_endpoints_of_a_user_share_the_cap_and_those_without_a_user_have_their_own(
    places: Places, threads: ThreadPoolExecutor
) -> None:
    endpoints = {f"e{number}": endpoint("u") for number in range(5)} | {"alone": endpoint()}
    assert set(hook(FrequencyCap(places, threads)).answer(event(endpoints))) == {"e0", "e1", "e2", "alone"}


def test_a_hook_that_is_called_again_gives_the_same_answer_and_counts_once(
    places: Places, threads: ThreadPoolExecutor
) -> None:
    capped = hook(FrequencyCap(places, threads))
    endpoints = {f"e{number}": endpoint("u") for number in range(2)}
    assert [set(capped.answer(event(endpoints))) for _ in range(4)] == [{"e0", "e1"}] * 4
    assert capped.answer(event({"e": endpoint("u")}, "next"))
    assert not capped.answer(event({"e": endpoint("u")}, "one more"))


def test_fifty_hooks_at_once_let_exactly_the_cap_through(places: Places) -> None:
    with ThreadPoolExecutor(50) as callers, ThreadPoolExecutor(50) as threads:
        capped = hook(FrequencyCap(places, threads), budget=60.0)

        def call(number: int) -> int:
            return len(capped.answer(event({"e": endpoint("u")}, f"activity-{number}")))

        assert sum(callers.map(call, range(50))) == 3


def test_a_whole_batch_costs_two_calls(places: Places, threads: ThreadPoolExecutor) -> None:
    calls: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return getattr(places.client, name)

    counting = hook(FrequencyCap(Places(Counting(), "places", 3, DAY, places.clock), threads))
    people = {f"e{number}": endpoint(f"u{number}") for number in range(50)}
    assert set(counting.answer(event(people))) == set(people)
    assert calls == ["batch_get_item", "transact_write_items"]


def test_a_transaction_that_is_lost_to_another_hook_is_followed_by_one_by_one(
    places: Places, threads: ThreadPoolExecutor
) -> None:
    other = hook(FrequencyCap(places, threads))

    class Overtaken:
        def __getattr__(self, name: str) -> Any:
            if name == "transact_write_items":
                other.answer(event({"other": endpoint("u0")}, "another"))
            return getattr(places.client, name)

    capped = hook(FrequencyCap(Places(Overtaken(), "places", 3, DAY, places.clock), threads))
    people = {f"e{number}": endpoint("u0") for number in range(3)} | {"alone": endpoint("u1")}
    assert set(capped.answer(event(people))) == {"e0", "e1", "alone"}


def test_a_lowered_cap_lets_nobody_over_it(places: Places, threads: ThreadPoolExecutor) -> None:
    hook(FrequencyCap(places, threads)).answer(event({f"e{n}": endpoint("u") for n in range(3)}))
    lowered = Places(places.client, "places", 1, DAY, places.clock)
    assert hook(FrequencyCap(lowered, threads)).answer(event({"e": endpoint("u")}, "next")) == {}


def test_a_table_that_does_not_answer_leaves_one_user_out_and_not_the_batch(
    places: Places, threads: ThreadPoolExecutor
) -> None:
    broken_key = user_key("app", "broken", "")

    class Half:
        def __getattr__(self, name: str) -> Any:
            def call(**request: Any) -> Any:
                if broken_key in json.dumps(request):
                    raise ConnectionError
                return getattr(places.client, name)(**request)

            return call

    bucket = Bucket()
    half = FrequencyCap(Places(Half(), "places", 3, DAY, places.clock), threads)
    kept = hook(half, audit=AuditTrail(bucket, "b")).answer(
        event({"a": endpoint("broken"), "b": endpoint("u")})
    )
    assert set(kept) == {"b"}
    assert {line["endpoint_id"]: line["reason"] for line in bucket.lines()} == {
        "a": "frequency_cap_unavailable",
        "b": "",
    }


def test_what_cannot_be_decided_in_time_is_left_out_with_that_reason_and_the_rest_is_answered(
    places: Places, threads: ThreadPoolExecutor
) -> None:
    slow_key = user_key("app", "slow", "")
    answered = threading.Event()

    class Slow:
        def __getattr__(self, name: str) -> Any:
            def call(**request: Any) -> Any:
                if slow_key in json.dumps(request):
                    assert answered.wait(60), "the hook waited for what hangs"
                return getattr(places.client, name)(**request)

            return call

    bucket = Bucket()
    capped = FrequencyCap(Places(Slow(), "places", 3, DAY, places.clock), threads)
    kept = hook(capped, audit=AuditTrail(bucket, "b"), budget=3.0).answer(
        event({"a": endpoint("slow"), "b": endpoint("u")})
    )
    answered.set()
    assert set(kept) == {"b"}
    assert {line["endpoint_id"]: line["reason"] for line in bucket.lines()}["a"] == "out_of_time"


def test_the_trail_names_everybody_with_decision_and_reason_and_nobodys_address(
    places: Places, threads: ThreadPoolExecutor
) -> None:
    bucket = Bucket()
    rule = DenyRule("tier", frozenset({"banned"}))
    audited = hook(rule, FrequencyCap(places, threads), audit=AuditTrail(bucket, "b"))
    people: dict[str, Any] = {f"e{number}": endpoint("u") for number in range(4)}
    people |= {"banned": endpoint("u", tier=["banned"]), "odd": 7}
    audited.answer(event(people))
    assert {line["endpoint_id"]: (line["decision"], line["reason"]) for line in bucket.lines()} == {
        "e0": ("kept", ""),
        "e1": ("kept", ""),
        "e2": ("kept", ""),
        "e3": ("left_out", "frequency_cap"),
        "banned": ("left_out", "denied:tier"),
        "odd": ("left_out", "unreadable"),
    }
    assert ADDRESS.encode() not in b"".join(bucket.objects.values())


def test_a_repeated_call_records_once_and_another_batch_beside_it() -> None:
    bucket = Bucket()
    audited = hook(audit=AuditTrail(bucket, "b"))
    for ids in ("ab", "ba", "c"):
        audited.answer(event({id_: {} for id_ in ids}))
    assert len(bucket.objects) == 2
    assert all(key.startswith("audit/app/campaign/activity/") for key in bucket.objects)


def test_nobody_is_sent_to_without_a_record() -> None:
    bucket = Bucket()
    bucket.down = True
    with pytest.raises(ConnectionError):
        hook(audit=AuditTrail(bucket, "b")).answer(event({"a": {}}))


@pytest.mark.parametrize("garbage", [None, [], "x", {}, {"Endpoints": None}, {"Endpoints": {"a": {}}}])
def test_an_event_that_is_no_batch_sends_to_nobody(garbage: object) -> None:
    with pytest.raises(BatchUnreadable):
        hook().answer(garbage)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
endpoint_members = st.dictionaries(
    st.sampled_from(["User", "Attributes", "ChannelType"]) | st.text(), json_values, max_size=4
)


@given(st.dictionaries(st.text(), endpoint_members | json_values, max_size=4))
def test_no_endpoints_crash_a_hook_and_each_gets_a_decision(endpoints: dict[str, Any]) -> None:
    bucket = Bucket()
    rule = DenyRule("Attributes", frozenset({"x"}))
    kept = hook(rule, audit=AuditTrail(bucket, "b")).answer(event(endpoints))
    decisions = {line["endpoint_id"]: line["decision"] for line in bucket.lines()}
    assert set(decisions) == set(endpoints)
    assert {id_ for id_, decision in decisions.items() if decision == "kept"} == set(kept)
    assert all(endpoints[id_] == members for id_, members in kept.items())


def test_a_filter_is_asked_only_about_those_that_are_still_in() -> None:
    asked: list[str] = []

    class Asked:
        def judge(self, batch: Batch, candidates: Sequence[Endpoint], deadline: Deadline) -> Verdict:
            asked.extend(candidate.id for candidate in candidates)
            return Verdict()

    rule = DenyRule("tier", frozenset({"banned"}))
    hook(rule, Asked()).answer(event({"a": endpoint(tier=["banned"]), "b": {}}))
    assert asked == ["b"]


def sent_record(status: str, user: object = None) -> bytes:
    members: dict[str, Any] = {"Id": "e"} if user is None else {"Id": "e", "User": user}
    record = {
        "event_type": "_campaign.send",
        "application": {"app_id": "app"},
        "client": {"client_id": "e"},
        "attributes": {"campaign_activity_id": "activity", "campaign_send_status": status},
        "client_context": {"custom": {"endpoint": json.dumps(members)}},
    }
    return json.dumps(record).encode()


@pytest.mark.parametrize("user", [None, {"UserId": "u"}])
@pytest.mark.parametrize("status", ["HOOK_FAILURE", "DUPLICATE_ADDRESS", "CUSTOM_DELIVERY_FAILURE"])
def test_a_message_that_was_not_sent_gives_its_place_back_once(
    places: Places, threads: ThreadPoolExecutor, status: str, user: dict[str, str] | None
) -> None:
    capped = hook(FrequencyCap(places, threads))
    members = {"User": user} if user else {}
    for activity in ("activity", "second", "third"):
        assert capped.answer(event({"e": members}, activity))
    message = not_sent(sent_record(status, user))
    assert message == NotSent("app", "u" if user else "", "e", "activity")
    release(places, message)
    release(places, message)
    assert capped.answer(event({"e": members}, "fourth"))
    assert not capped.answer(event({"e": members}, "fifth"))


@pytest.mark.parametrize("status", ["SUCCESS", "UNKNOWN"])
def test_a_message_that_may_have_been_sent_keeps_its_place(status: str) -> None:
    assert not_sent(sent_record(status)) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"[]", b"{}", b'{"event_type": "_email.send"}', b'{"event_type": "_campaign.send"}'],
)
def test_other_records_of_the_stream_pass(data: bytes) -> None:
    assert not_sent(data) is None


def test_a_place_that_was_given_back_is_free_and_one_that_was_never_taken_cannot_be(places: Places) -> None:
    user, deadline = user_key("app", "u", "e"), Deadline(time.monotonic() + 5)
    assert places.give_back(user, "missing") is False
    places.take(user, ["a"], deadline)
    assert places.give_back(user, "a") is True
    assert places.take(user, ["b", "c", "d", "e"], deadline) == {"b", "c", "d"}
