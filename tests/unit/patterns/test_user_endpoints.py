"""Endpoints of users through the API: read, changed once, told once, and finished when broken half-way."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from patterns.user_endpoints.errors import ChangeInProgress
from patterns.user_endpoints.intent import Intent
from tests.support.user_endpoints import WorkerDied, World, user_endpoints

USER = "u/1?x#y%20+@:ü"
JANE = "jane.doe@example.com"
SUBSCRIBE = {"preferences": {"Deals": ["Subscribed"]}}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with user_endpoints(monkeypatch) as made:
        made.project.add("mail", USER, "EMAIL", JANE, Attributes={"Topics": ["news"], "Plan": ["gold"]})
        made.project.add("phone", USER, "SMS", "+12065550199")
        made.project.add("other", "other", "EMAIL", "other@example.com")
        yield made


def attributes(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = world.project.endpoints[name].get("Attributes", {})
    return found


def test_all_endpoints_of_a_user_are_read_whatever_the_id_holds(world: World) -> None:
    status, body = world.call("GET", f"/users/{quote(USER, safe='')}/endpoints")
    assert (status, body["user_id"]) == (200, USER)
    assert [one["Id"] for one in body["endpoints"]] == ["mail", "phone"]


def test_an_id_is_the_same_where_a_gateway_decoded_its_slash(world: World) -> None:
    world.project.add("slash", "a/b", "EMAIL", "a@example.com")
    assert world.call("GET", "/users/a%2Fb/endpoints") == world.call("GET", "/users/a/b/endpoints")


def test_a_preference_goes_to_the_endpoints_that_have_it_and_the_rest_is_kept(world: World) -> None:
    status, body = world.change(USER, SUBSCRIBE)
    assert status == 200
    assert [one["endpoint_id"] for one in body["changed"]] == ["mail"]
    assert attributes(world, "mail") == {"Topics": ["news"], "Plan": ["gold"], "Deals": ["Subscribed"]}
    assert attributes(world, "phone") == {}


def test_a_list_is_read_to_be_changed(world: World) -> None:
    world.change(USER, {"preferences": {"Topics": {"add": ["offers"], "remove": ["events"]}}})
    assert attributes(world, "mail")["Topics"] == ["news", "offers"]
    assert attributes(world, "phone")["Topics"] == ["offers"]
    world.change(USER, {"preferences": {"Topics": ["events"]}})
    assert attributes(world, "mail")["Topics"] == ["events"]


def test_single_endpoints_go_before_all_of_them_in_upper_and_lower_case(world: World) -> None:
    wanted = {"opt_out": "ALL", "endpoints": {"PHONE": {"opt_out": "NONE"}}}
    _, body = world.change(USER, wanted)
    assert [(one["endpoint_id"], one["opt_out"]) for one in body["changed"]] == [("mail", "ALL")]
    assert world.project.endpoints["phone"]["OptOut"] == "NONE"


def test_an_inactive_endpoint_stays_inactive(world: World) -> None:
    world.project.endpoints["mail"]["EndpointStatus"] = "INACTIVE"
    world.change(USER, SUBSCRIBE)
    assert world.project.endpoints["mail"]["EndpointStatus"] == "INACTIVE"


def test_each_preference_of_each_endpoint_is_an_event_in_utc(world: World) -> None:
    _, body = world.change(USER, {"preferences": {"Topics": {"add": ["offers"]}}, "opt_out": "ALL"})
    told = [
        (name, event["EventType"], event["Attributes"]["UpdatedPreference"], event["Attributes"]["Value"])
        for name, _, event in world.project.events
    ]
    assert told == [
        ("mail", "custom.preference_update", "Topics", "news,offers"),
        ("mail", "custom.preference_update", "OptOut", "ALL"),
        ("phone", "custom.preference_update", "Topics", "offers"),
        ("phone", "custom.preference_update", "OptOut", "ALL"),
    ]
    assert {event["Attributes"]["ChangeId"] for _, _, event in world.project.events} == {body["change_id"]}
    assert all(event["Timestamp"].endswith("Z") for _, _, event in world.project.events)
    assert world.project.calls == 1


def test_the_system_of_record_is_told_without_addresses(world: World) -> None:
    _, body = world.change(USER, SUBSCRIBE)
    (callback,) = world.told()
    assert callback["key"] == f"preferences_{body['change_id']}"
    told = callback["body"]
    assert (told["type"], told["user_id"], told["source"]) == ("preferences.updated", USER, "api")
    assert [one["preferences"] for one in told["endpoints"]] == [{"Deals": ["Subscribed"]}]
    assert "example.com" not in json.dumps(callback)


@pytest.mark.parametrize("key", [None, "key-1"])
def test_a_repeated_change_is_answered_again_and_made_once(world: World, key: str | None) -> None:
    first = world.change(USER, SUBSCRIBE, key)
    assert world.change(USER, SUBSCRIBE, key) == first
    assert (len(world.project.events), len(world.told())) == (1, 1)


def test_a_late_repetition_of_a_keyed_change_does_not_undo_the_next(world: World) -> None:
    first = world.change(USER, SUBSCRIBE, "key-1")
    world.change(USER, {"preferences": {"Deals": ["Unsubscribed"]}}, "key-2")
    assert world.change(USER, SUBSCRIBE, "key-1") == first
    assert attributes(world, "mail")["Deals"] == ["Unsubscribed"]


def test_without_a_key_the_same_wish_after_another_is_a_new_one(world: World) -> None:
    world.change(USER, SUBSCRIBE)
    world.change(USER, {"preferences": {"Deals": ["Unsubscribed"]}})
    world.change(USER, SUBSCRIBE)
    assert attributes(world, "mail")["Deals"] == ["Subscribed"]
    assert len(world.told()) == 3


@pytest.mark.parametrize("key", [None, "key-1"])
def test_what_is_as_wished_already_is_left_alone(world: World, key: str | None) -> None:
    world.change("other", {"opt_out": "NONE"}, key)
    status, body = world.change("other", {"opt_out": "NONE"}, key)
    assert (status, body) == (200, {"change_id": body["change_id"], "changed": [], "refused": []})
    assert (world.project.events, world.told()) == ([], [])


def test_a_key_stands_for_one_change_of_one_user(world: World) -> None:
    world.change(USER, SUBSCRIBE, "key-1")
    assert world.change("other", SUBSCRIBE, "key-1")[0] == 200
    status, body = world.change(USER, {"opt_out": "ALL"}, "key-1")
    assert (status, body["code"]) == (422, "idempotency_key_reused")


def steps(world: World) -> dict[str, tuple[Any, str]]:
    """Where a function may die: an object, and the method after whose call it does."""
    changes = vars(world.api)["_CHANGES"]
    return {
        "written down": (changes.store, "record"),
        "endpoints updated": (world.project, "put_events"),
        "told": (changes.sqs, "send_message_batch"),
        "answer kept": (changes.store, "keep"),
        "closed": (changes.store, "close"),
    }


@pytest.mark.parametrize("step", ["written down", "endpoints updated", "told", "answer kept", "closed"])
@pytest.mark.parametrize("by", ["the same request", "another request", "a link"])
def test_a_function_that_dies_after_any_step_is_finished_by_whoever_comes_next(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, by: str
) -> None:
    token = world.link(USER)
    holder, method = steps(world)[step]
    original = getattr(holder, method)

    def die(*arguments: Any, **options: Any) -> None:
        original(*arguments, **options)
        raise WorkerDied

    with monkeypatch.context() as dying:
        dying.setattr(holder, method, die)
        status, _ = world.change(USER, SUBSCRIBE, "key-1")
        assert status in (500, 503)
    if by == "another request":
        world.change(USER, {"preferences": {"Topics": ["events"]}})
    elif by == "a link":
        world.follow(token, "PUT", {"preferences": {"Topics": ["events"]}})
    status, body = world.change(USER, SUBSCRIBE, "key-1")
    assert (status, [one["endpoint_id"] for one in body["changed"]]) == (200, ["mail"])
    assert attributes(world, "mail")["Deals"] == ["Subscribed"]
    mine = [
        (name, event_id)
        for name, event_id, event in world.project.events
        if event["Attributes"]["UpdatedPreference"] == "Deals"
    ]
    assert len(set(mine)) == 1
    keys = {
        callback["key"]
        for callback in world.told()
        if callback["body"]["endpoints"][0]["preferences"].get("Deals")
    }
    assert keys == {f"preferences_{body['change_id']}"}


def test_an_endpoint_that_waits_is_finished_later_and_the_others_are_not_told_twice(world: World) -> None:
    world.project.statuses["phone"] = 500
    wanted = {"preferences": {"Topics": ["events"]}}
    status, body = world.change(USER, wanted)
    assert (status, body["code"]) == (503, "try_again")
    assert world.told() == []
    del world.project.statuses["phone"]
    status, body = world.change(USER, wanted)
    assert (status, len(body["changed"])) == (200, 2)
    assert [name for name, _, _ in world.project.events] == ["mail", "phone"]
    assert len(world.told()) == 1


def test_an_endpoint_that_is_refused_for_good_is_named_and_stops_nobody(world: World) -> None:
    world.project.statuses["phone"] = 400
    status, body = world.change(USER, {"preferences": {"Topics": ["events"]}})
    assert (status, [one["endpoint_id"] for one in body["changed"]]) == (200, ["mail"])
    assert body["refused"] == [{"endpoint_id": "phone", "reason": "event_400"}]
    (callback,) = world.told()
    assert [one["endpoint_id"] for one in callback["body"]["endpoints"]] == ["mail"]


def test_an_endpoint_that_was_deleted_meanwhile_does_not_come_back(world: World) -> None:
    world.project.statuses |= {"mail": 500, "phone": 500}
    world.change(USER, {"opt_out": "ALL"}, "key-1")
    del world.project.endpoints["phone"]
    world.project.statuses.clear()
    _, body = world.change(USER, {"opt_out": "ALL"}, "key-1")
    assert body["refused"] == [{"endpoint_id": "phone", "reason": "endpoint_gone"}]
    assert set(world.project.endpoints) == {"mail", "other"}


def test_a_user_whose_change_is_being_made_is_asked_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = vars(world.api)["_CHANGES"].store
    monkeypatch.setattr(store, "_sleep", lambda _: None)
    with store.held(USER):
        status, body = world.change(USER, SUBSCRIBE)
    assert (status, body["code"]) == (409, "change_in_progress")
    assert world.change(USER, SUBSCRIBE)[0] == 200


def test_who_lost_the_lease_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store = vars(world.api)["_CHANGES"].store
    now = store._clock()
    intent = Intent("c", now, USER, "api", "f", None, ())
    with store.held(USER) as old:
        monkeypatch.setattr(store, "_clock", lambda: now + 60)
        with store.held(USER), pytest.raises(ChangeInProgress):
            store.record(old, intent)
    with store.held(USER) as free:
        assert free.open is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{nope", None),
        (b"[]", None),
        ({}, None),
        ({"preferences": {}}, None),
        ({"endpoints": {"mail": {}}}, None),
        ({"nope": 1}, "nope"),
        ({"preferences": []}, "preferences"),
        ({"preferences": {"Nope": ["x"]}}, "preferences.Nope"),
        ({"preferences": {"Deals": "Subscribed"}}, "preferences.Deals"),
        ({"preferences": {"Deals": ["Maybe"]}}, "preferences.Deals"),
        ({"preferences": {"Deals": [["Subscribed"]]}}, "preferences.Deals"),
        ({"preferences": {"Deals": ["Subscribed", "Unsubscribed"]}}, "preferences.Deals"),
        ({"preferences": {"Deals": []}}, "preferences.Deals"),
        ({"preferences": {"Deals": {"add": ["Subscribed"]}}}, "preferences.Deals"),
        ({"preferences": {"Topics": {}}}, "preferences.Topics"),
        ({"preferences": {"Topics": {"more": ["news"]}}}, "preferences.Topics"),
        ({"preferences": {"Topics": {"add": ["nope"]}}}, "preferences.Topics.add"),
        ({"preferences": {"Topics": {"add": ["news"], "remove": ["news"]}}}, "preferences.Topics"),
        ({"opt_out": "SOME"}, "opt_out"),
        ({"opt_out": None}, "opt_out"),
        ({"endpoints": {"mail": 1}}, "endpoints.mail"),
        ({"endpoints": {"mail": {"nope": 1}}}, "endpoints.mail.nope"),
        ({"endpoints": {"phone": SUBSCRIBE}}, "endpoints"),
        ({"endpoints": {str(n): SUBSCRIBE for n in range(16)}}, "endpoints"),
    ],
)
def test_bad_input_is_refused_with_what_is_allowed(world: World, body: Any, field: str | None) -> None:
    status, answer = world.change(USER, body)
    assert (status, answer["code"], answer.get("field")) == (400, "bad_request", field)
    assert answer["message"]
    assert (world.project.events, world.told()) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/users/nobody/endpoints", None, 404, "user_not_found"),
        ("PUT", "/users/nobody/preferences", SUBSCRIBE, 404, "user_not_found"),
        ("POST", "/users/nobody/links", {}, 404, "user_not_found"),
        ("GET", "/users//endpoints", None, 400, "bad_request"),
        ("GET", "/users/a%24b/endpoints", None, 400, "bad_request"),
        ("GET", "/users/a", None, 404, "path_not_found"),
        ("GET", "/users/a/preferences", None, 404, "path_not_found"),
        ("DELETE", "/users/a/endpoints", None, 404, "path_not_found"),
        (
            "PUT",
            "/users/other/preferences",
            {"endpoints": {"mail": {"opt_out": "ALL"}}},
            404,
            "endpoint_not_found",
        ),
        ("PUT", "/users/other/preferences", b"x" * 65537, 413, "too_large"),
        ("POST", "/users/other/links", {"scope": "all"}, 400, "bad_request"),
        ("POST", "/users/other/links", {"expires_in": 59}, 400, "bad_request"),
        ("POST", "/users/other/links", {"expires_in": 5184001}, 400, "bad_request"),
        ("POST", "/users/other/links", {"expires_in": True}, 400, "bad_request"),
        ("POST", "/users/other/links", {"nope": 1}, 400, "bad_request"),
    ],
)
def test_each_refusal_has_its_code(
    world: World, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answered, answer = world.call(method, path, body)
    assert (answered, answer["code"], answer["request_id"]) == (status, code, "r-1")


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    status, answer = world.call(
        "PUT", "/users/other/preferences", SUBSCRIBE, headers={"Idempotency-Key": key}
    )
    assert (status, answer["field"]) == (400, "Idempotency-Key")


def test_a_project_that_does_not_answer_is_asked_again_by_the_caller(world: World) -> None:
    world.project.down = True
    status, answer = world.call("GET", f"/users/{quote(USER, safe='')}/endpoints")
    assert (status, answer["code"]) == (503, "try_again")


def test_a_queue_that_is_away_leaves_the_callback_for_the_next_request(world: World) -> None:
    changes = vars(world.api)["_CHANGES"]
    object.__setattr__(changes, "callbacks_url", "https://sqs.us-east-1.amazonaws.com/1/none")
    assert world.change(USER, SUBSCRIBE)[1]["code"] == "try_again"
    object.__setattr__(changes, "callbacks_url", world.queue_url)
    assert world.change(USER, SUBSCRIBE)[0] == 200
    assert (len(world.project.events), len(world.told())) == (1, 1)


def test_no_id_and_no_address_is_in_any_log_line(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    world.project.statuses["phone"] = 400
    with caplog.at_level(logging.INFO):
        world.change(USER, {"preferences": {"Topics": ["events"]}})
        world.follow(world.link(USER), "PUT", {"opt_out": "ALL"})
    said = " ".join(str(vars(record)) for record in caplog.records) + capsys.readouterr().out
    assert "preferences not taken" in said
    assert not [secret for secret in (USER, JANE, "+12065550199") if secret in said]


def test_the_table_holds_no_address_and_no_user_id_but_behind_links(world: World) -> None:
    world.change(USER, SUBSCRIBE, "key-1")
    items = boto3.client("dynamodb").scan(TableName="users")["Items"]
    assert len(items) == 2
    assert JANE not in json.dumps(items)
    assert USER not in json.dumps(items, ensure_ascii=False)
