"""Links for users: what they show, what they change, and what becomes of those that are not good."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from patterns.forget.person import person
from patterns.user_endpoints.forget import ChangesStore
from patterns.user_endpoints.masking import masked
from tests.support.lambda_context import LambdaContext
from tests.support.user_endpoints import World, user_endpoints

USER = "jane@example.com"
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with user_endpoints(monkeypatch) as made:
        made.project.add(
            "jane@example.com", USER, "EMAIL", USER, Attributes={"Deals": ["Subscribed"], "Plan": ["gold"]}
        )
        made.project.add("phone", USER, "SMS", "+12065550199")
        made.project.add("other", "other", "EMAIL", "other@example.com")
        yield made


def handles(world: World, token: str) -> list[str]:
    return [one["endpoint"] for one in world.follow(token)[1]["endpoints"]]


def test_a_link_shows_preferences_and_hides_addresses_ids_and_all_else(world: World) -> None:
    status, body = world.follow(world.link(USER))
    assert status == 200
    assert [(one["channel_type"], one["address"], one["preferences"]) for one in body["endpoints"]] == [
        ("EMAIL", "j***@e***.com", {"Deals": ["Subscribed"], "Topics": []}),
        ("SMS", "***99", {"Topics": []}),
    ]
    said = json.dumps(body)
    assert not [secret for secret in (USER, "+1206", "gold", '"phone"') if secret in said]


def test_a_token_tells_nobody_whose_it_is(world: World) -> None:
    token = world.link(USER)
    assert len(token) == 88
    assert token.replace("-", "").replace("_", "").isalnum()
    assert "jane" not in token.lower()


def test_a_link_leads_to_where_the_request_came_by_or_to_an_address_of_ones_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, body = world.call("POST", "/users/other/links", {"scope": "read", "expires_in": 60})
    assert body["url"] == f"https://api.example.com/v1/links/{body['token']}"
    assert body["scope"] == "read"
    monkeypatch.setenv("LINKS_ADDRESS", "https://example.com/p/")
    _, body = world.call("POST", "/users/other/links", {})
    assert body["url"] == f"https://example.com/p/{body['token']}"


def test_a_user_changes_preferences_by_a_link(world: World) -> None:
    token = world.link(USER)
    mail, phone = handles(world, token)
    wanted = {"preferences": {"Topics": {"add": ["news"]}}, "endpoints": {phone: {"opt_out": "ALL"}}}
    status, body = world.follow(token, "PUT", wanted)
    assert (status, [one["endpoint"] for one in body["changed"]]) == (200, [mail, phone])
    assert "endpoint_id" not in json.dumps(body)
    assert world.project.endpoints["phone"]["OptOut"] == "ALL"
    (callback,) = world.told()
    assert (callback["body"]["source"], callback["body"]["user_id"]) == ("link", USER)


def test_a_change_by_link_that_is_sent_twice_is_made_once(world: World) -> None:
    token = world.link(USER)
    first = world.follow(token, "PUT", {"opt_out": "ALL"})
    assert world.follow(token, "PUT", {"opt_out": "ALL"}) == first
    assert (len(world.project.events), len(world.told())) == (2, 1)


def test_to_follow_a_link_changes_nothing(world: World) -> None:
    before = json.dumps(world.project.endpoints)
    token = world.link(USER)
    for _ in range(2):
        world.follow(token)
    assert json.dumps(world.project.endpoints) == before
    assert (world.project.events, world.told()) == ([], [])


@pytest.mark.parametrize("body", [ONE_CLICK, b"List-Unsubscribe=One-Click&more=1"])
def test_one_click_opts_every_mail_endpoint_out_and_no_other(world: World, body: bytes) -> None:
    token = world.link(USER)
    assert world.follow(token, "POST", body)[0] == 200
    assert world.follow(token, "POST", body)[0] == 200
    opted = {name: one["OptOut"] for name, one in world.project.endpoints.items()}
    assert opted == {"jane@example.com": "ALL", "phone": "NONE", "other": "NONE"}
    (callback,) = world.told()
    assert callback["body"]["source"] == "one_click"


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=Maybe", b"{}", b"\xff"])
def test_a_post_that_is_no_one_click_changes_nothing(world: World, body: bytes) -> None:
    event_body = body.decode("latin-1").encode()
    status, answer = world.follow(world.link(USER), "POST", event_body)
    assert (status, answer["code"]) == (400, "bad_request")
    assert world.project.events == []


@pytest.mark.parametrize(("method", "body"), [("PUT", {"opt_out": "ALL"}), ("POST", ONE_CLICK)])
def test_a_link_to_read_changes_nothing(world: World, method: str, body: Any) -> None:
    token = world.link(USER, scope="read")
    assert world.follow(token)[0] == 200
    status, answer = world.follow(token, method, body)
    assert (status, answer["code"]) == (403, "link_read_only")
    assert world.project.events == []


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("position", [0, 3, 12, 13, 25, 50, 87])
def test_a_link_that_was_changed_anywhere_is_refused(world: World, position: int, method: str) -> None:
    token = world.link(USER)
    other = "A" if token[position] != "A" else "B"
    status, answer = world.follow(
        token[:position] + other + token[position + 1 :], method, {"opt_out": "ALL"}
    )
    assert (status, answer["code"]) == (403, "link_invalid")


@pytest.mark.parametrize("token", ["x", "", "A" * 88, "%41" * 88, "é" * 88, "=" * 88, "A" * 87 + "="])
def test_what_is_no_link_is_refused(world: World, token: str) -> None:
    status, answer = world.follow(token)
    assert (status, answer["code"]) == (403, "link_invalid")


def test_a_link_whose_time_is_over_is_refused_on_reading_and_on_writing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = world.link(USER, expires_in=60)
    now = vars(world.public)["time"].time()
    monkeypatch.setattr(vars(world.public)["time"], "time", lambda: now + 61)
    for method, body in (("GET", None), ("PUT", {"opt_out": "ALL"}), ("POST", ONE_CLICK)):
        status, answer = world.follow(token, method, body)
        assert (status, answer["code"]) == (410, "link_expired")
    assert world.project.events == []


def test_a_link_goes_on_through_one_rotation_and_not_through_two(world: World) -> None:
    token = world.link(USER)
    world.rotate("v" * 32)
    assert world.follow(token)[0] == 200
    newer = world.link(USER)
    assert world.follow(newer, "PUT", {"opt_out": "ALL"})[0] == 200
    world.rotate("w" * 32)
    assert world.follow(token)[1]["code"] == "link_invalid"
    assert world.follow(newer)[0] == 200


def test_a_key_that_is_not_known_yet_is_looked_for_before_a_link_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.follow(world.link(USER))
    keys = vars(world.public)["_KEYS"]
    read_at, reads = keys._read_at, list[str]()
    world.rotate("v" * 32)
    keys._read_at = read_at
    monkeypatch.setattr(keys, "_monotonic", lambda: read_at + 11)
    assert world.follow(world.link(USER))[0] == 200
    original = keys._value

    def noted(stage: str) -> Any:
        reads.append(stage)
        return original(stage)

    monkeypatch.setattr(keys, "_value", noted)
    for _ in range(3):
        world.follow("A" * 88)
    assert reads == []


def test_keys_that_cannot_be_read_again_go_on_serving(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = world.link(USER)
    world.follow(token)
    keys = vars(world.public)["_KEYS"]
    monkeypatch.setattr(keys, "_secret_id", "arn:aws:secretsmanager:us-east-1:123456789012:secret:none")
    keys._read_at = float("-inf")
    assert world.follow(token)[0] == 200


def test_a_link_to_somebody_who_is_gone_says_so(world: World) -> None:
    token = world.link("other")
    del world.project.endpoints["other"]
    for method, body in (("GET", None), ("PUT", {"opt_out": "ALL"}), ("POST", ONE_CLICK)):
        status, answer = world.follow(token, method, body)
        assert (status, answer["code"]) == (410, "link_gone")


def test_who_is_forgotten_leaves_nothing_and_their_links_end(world: World) -> None:
    old = world.link(USER)
    world.rotate("v" * 32)
    token = world.link(USER)
    world.change(USER, {"opt_out": "ALL"}, "key-1")
    kept = world.link("other")
    store = ChangesStore(
        boto3.client("dynamodb"), boto3.client("secretsmanager"), "users", world.secret, "app"
    )
    assert store.sweep(person(addresses=(USER,)), None).removed == 0
    assert store.sweep(person(USER), None).removed == 4
    assert store.sweep(person(USER), None).removed == 0
    assert [world.follow(one)[1]["code"] for one in (old, token)] == ["link_gone", "link_gone"]
    assert world.follow(kept)[0] == 200
    (left,) = boto3.client("dynamodb").scan(TableName="users")["Items"]
    assert left["user_id"]["S"] == "other"


def test_an_endpoint_of_somebody_else_has_no_name_here(world: World) -> None:
    (theirs,) = handles(world, world.link("other"))
    status, answer = world.follow(world.link(USER), "PUT", {"endpoints": {theirs: {"opt_out": "ALL"}}})
    assert (status, answer["field"]) == (400, f"endpoints.{theirs}")
    assert world.project.endpoints["other"]["OptOut"] == "NONE"


@pytest.mark.parametrize(
    ("step", "secret", "why"), [("createSecret", "another", "no other"), ("dance", None, "unknown step")]
)
def test_a_rotation_is_of_one_secret_and_of_known_steps(
    world: World, step: str, secret: str | None, why: str
) -> None:
    rotation = importlib.import_module("patterns.user_endpoints.rotation")
    event = {"Step": step, "SecretId": secret or world.secret, "ClientRequestToken": "v" * 32}
    with pytest.raises(ValueError, match=why):
        rotation.handler(event, LambdaContext())


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("EMAIL", "jane.doe@mail.example.co.uk", "j***@m***.uk"),
        ("EMAIL", "j@localhost", "j***@***"),
        ("EMAIL", "@", "***@***"),
        ("EMAIL", "nobody", "***"),
        ("EMAIL", "", "***"),
        ("SMS", "+12065550199", "***99"),
        ("VOICE", "+4412", "***"),
        ("GCM", "token", "***"),
        ("CUSTOM", "someone@example.com", "***"),
    ],
)
def test_an_address_is_shown_without_most_of_it(channel: str, address: str, shown: str) -> None:
    assert masked(channel, address) == shown
