"""What a message of the audience sync that is wrong gets: the rows of the page's tables."""

import json
from typing import Any

import pytest

from patterns.audience_sync.change import Kind, missing_for_a_new_endpoint
from patterns.audience_sync.message import Changes, Unreadable, UserDeletion, read_message

WHOLE: dict[str, Any] = {"Id": "e", "ChannelType": "EMAIL", "Address": "jane@example.com", "OptOut": "NONE"}


def body(**members: Any) -> str:
    message = {"kind": "create", "version": 1, "endpoints": [WHOLE], **members}
    return json.dumps({name: value for name, value in message.items() if value is not ...})


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "not_json"),
        ("[]", "not_json"),
        ('"\\ud800"', "not_json"),
        (body(colour="red"), "unknown_member"),
        (body(kind="merge"), "unknown_kind"),
        (body(kind=["create"]), "unknown_kind"),
        (body(kind=...), "unknown_kind"),
        (body(version=...), "invalid_version"),
        (body(version=1.5), "invalid_version"),
        (body(version=True), "invalid_version"),
        (body(version="7"), "invalid_version"),
        (body(version=-1), "invalid_version"),
        (body(version=10**18), "invalid_version"),
        (body(version="2026-11-24T12:00:00"), "invalid_version"),
        (body(endpoints=...), "no_endpoints"),
        (body(endpoints=[]), "no_endpoints"),
        (body(kind="delete", endpoints=...), "no_endpoints"),
        (body(endpoints=[WHOLE] * 101), "too_many_endpoints"),
        (body(kind="delete", user={"UserId": "u"}), "ambiguous_deletion"),
        (body(user="u"), "wrong_type"),
        (body(user={"UserId": "{u}"}), "invalid_id"),
    ],
)
def test_a_message_that_is_wrong_is_refused_whole(message: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=f"^{reason}"):
        read_message(message)


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("e", "wrong_type"),
        ({**WHOLE, "Id": ""}, "missing_id"),
        ({**WHOLE, "Id": "a{b}"}, "invalid_id"),
        ({**WHOLE, "Id": "x" * 2_000}, "invalid_id"),
        ({**WHOLE, "Id": "GOOD"}, "several_of_one_endpoint"),
        ({**WHOLE, "User": {"UserId": "other"}}, "several_users"),
        ({**WHOLE, "Address": ""}, "missing_address"),
        ({**WHOLE, "Address": "nobody"}, "address_not_of_channel"),
        ({**WHOLE, "ChannelType": "PIGEON"}, "unknown_channel_type"),
        ({**WHOLE, "ChannelType": "PUSH"}, "never_targeted_channel_type"),
        ({**WHOLE, "Colour": "red"}, "unknown_member"),
        ({**WHOLE, "Attributes": "red"}, "wrong_type"),
        ({**WHOLE, "Metrics": {"m": "much"}}, "not_a_number"),
        ({**WHOLE, "Attributes": {"n" * 51: ["v"]}}, "name_too_long"),
        ({**WHOLE, "Attributes": {"n": ["v" * 101]}}, "value_too_long"),
        ({**WHOLE, "Attributes": {"n": ["v"] * 51}}, "too_many_values"),
    ],
)
def test_an_endpoint_that_is_wrong_is_refused_and_the_others_of_its_message_pass(
    endpoint: Any, reason: str
) -> None:
    good = {**WHOLE, "Id": "good"}
    read = read_message(body(user={"UserId": "u"}, endpoints=[good, endpoint]))
    assert isinstance(read, Changes)
    assert [change.endpoint_id for change in read.changes] == ["good"]
    ((refused),) = read.refused
    assert refused.reason.startswith(reason)
    assert json.loads(refused.body)["endpoints"] == [endpoint]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("Address", "missing_address"),
        ("ChannelType", "missing_channel_type"),
        ("OptOut", "missing_opt_out"),
    ],
)
def test_an_endpoint_is_made_of_address_channel_and_opt_out_only(member: str, reason: str) -> None:
    left = {name: value for name, value in WHOLE.items() if name != member}
    assert (missing_for_a_new_endpoint(left) or "").startswith(reason)
    assert missing_for_a_new_endpoint(WHOLE) is None


@pytest.mark.parametrize(("kind", "said"), [("opt_out", "ALL"), ("opt_in", "NONE")])
def test_an_opt_out_or_opt_in_says_so_whatever_the_endpoint_says(kind: str, said: str) -> None:
    read = read_message(body(kind=kind, endpoints=[{"Id": "e"}]))
    assert isinstance(read, Changes)
    assert read.changes[0].definition == {"OptOut": said}


def test_a_deletion_names_endpoints_or_a_user() -> None:
    read = read_message(body(kind="delete"))
    assert isinstance(read, Changes)
    assert (read.changes[0].kind, read.changes[0].definition) == (Kind.DELETE, {})
    of_user = read_message(body(kind="delete", endpoints=..., user={"UserId": "u"}))
    assert of_user == UserDeletion("u", 1)


def test_a_time_is_a_version_that_grows_with_it() -> None:
    versions = [
        read_message(body(version=each))
        for each in ("2026-11-24T12:00:00Z", "2026-11-24T12:00:00.000001Z", "2026-11-24T13:00:00.5+01:00")
    ]
    numbers = [each.changes[0].version for each in versions if isinstance(each, Changes)]
    assert numbers == sorted(set(numbers))
