"""SendUsersMessages: users to their endpoints, channel by channel."""

from typing import Any

import pytest

from tests.support.phone_service import PhoneService

NUMBER = "+1206555010{}"


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDING", "live")


def put(pinpoint: Any, app: str, name: str, user: str, **endpoint: Any) -> None:
    request = {"Address": NUMBER.format(len(name)), "ChannelType": "SMS", "User": {"UserId": user}}
    pinpoint.update_endpoint(ApplicationId=app, EndpointId=name, EndpointRequest={**request, **endpoint})


def send(pinpoint: Any, app: str, users: dict[str, Any], **more: Any) -> dict[str, Any]:
    request = {"Users": users, "MessageConfiguration": {"SMSMessage": {"Body": "Hi {{name}}"}}, **more}
    answer: dict[str, Any] = pinpoint.send_users_messages(ApplicationId=app, SendUsersMessageRequest=request)[
        "SendUsersMessageResponse"
    ]
    return answer


def test_each_user_gets_it_on_every_endpoint_of_the_messages_channel(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    put(pinpoint, app, "a", "ann")
    put(pinpoint, app, "bb", "ann", EndpointStatus="INACTIVE")
    put(pinpoint, app, "ccc", "ann", Address="ann@example.com", ChannelType="EMAIL")
    put(pinpoint, app, "dddd", "bob")

    answer = send(
        pinpoint,
        app,
        {
            "ann": {"Substitutions": {"name": ["Ann"]}},
            "bob": {"BodyOverride": "Bob"},
            "nobody": {},
        },
    )

    statuses = {
        user: {name: (r["DeliveryStatus"], r["Address"]) for name, r in results.items()}
        for user, results in answer["Result"].items()
    }
    assert statuses == {
        "ann": {"a": ("SUCCESSFUL", NUMBER.format(1)), "bb": ("SUCCESSFUL", NUMBER.format(2))},
        "bob": {"dddd": ("SUCCESSFUL", NUMBER.format(4))},
        "nobody": {},
    }
    assert phones.body(NUMBER.format(2)) == "Hi Ann"
    assert phones.body(NUMBER.format(4)) == "Bob"
    assert answer["RequestId"] == phones.texts[0]["Context"]["run"]


def test_an_endpoint_that_opted_out_gets_nothing_and_the_result_says_so(
    pinpoint: Any, app: str, phones: PhoneService
) -> None:
    put(pinpoint, app, "a", "ann", OptOut="ALL")
    answer = send(pinpoint, app, {"ann": {}})
    assert answer["Result"]["ann"]["a"]["DeliveryStatus"] == "OPT_OUT"
    assert phones.texts == []


def test_two_users_with_one_number_are_sent_to_once(pinpoint: Any, app: str, phones: PhoneService) -> None:
    put(pinpoint, app, "a", "ann")
    put(pinpoint, app, "b", "bob")
    named = {"Substitutions": {"name": ["x"]}}
    results = send(pinpoint, app, {"ann": named, "bob": named})["Result"]
    outcomes = [results["ann"]["a"]["DeliveryStatus"], results["bob"]["b"]["DeliveryStatus"]]
    assert outcomes == ["SUCCESSFUL", "DUPLICATE"]
    assert len(phones.texts) == 1


@pytest.mark.parametrize(
    ("users", "more", "reason"),
    [
        ({}, {}, "1 to 100 users, got 0"),
        ({f"u{i}": {} for i in range(101)}, {}, "1 to 100 users, got 101"),
        ({"u": {}}, {"MessageConfiguration": {}}, "has no message"),
    ],
)
def test_a_request_without_users_or_message_is_refused(
    pinpoint: Any, app: str, users: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        send(pinpoint, app, users, **more)
