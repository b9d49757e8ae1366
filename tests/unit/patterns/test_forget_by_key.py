"""Tables whose keys are digests: a person's items are found by their ids and addresses, and nobody else's."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from channels.offer.assignments import Assignments
from channels.offer.forget import OffersStore
from channels.offer.sets import OfferSet, holder
from patterns.audience_sync.forget import StatesStore
from patterns.audience_sync.state import EndpointStates
from patterns.campaign_hooks.filters import Deadline
from patterns.campaign_hooks.forget import PlacesStore
from patterns.campaign_hooks.places import Places, place, user_key
from patterns.forget.person import person
from patterns.forget.stores import PersonStore
from patterns.two_way_sms.forget import ConversationsStore
from patterns.two_way_sms.inbound import conversation_id

JANE: Final = person("jane", ("E-Jane",), ("jane@example.com", "+14255550100"))
NOBODY: Final = person("joan", ("e-joan",), ("joan@example.com", "+14255550109"))


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("dynamodb")


def table(dynamodb: Any, *keys: str) -> str:
    dynamodb.create_table(
        TableName="kept",
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return "kept"


def items(dynamodb: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dynamodb.scan(TableName="kept")["Items"]
    return found


def erases(store: PersonStore, count: int) -> None:
    """It removes so many of Jane's, nothing of somebody who is not there, and nothing the second time."""
    assert [store.sweep(whom, None).removed for whom in (NOBODY, JANE, JANE)] == [0, count, 0]
    assert store.sweep(JANE, None).after is None


def test_what_a_user_and_an_endpoint_without_one_were_given_goes(dynamodb: Any) -> None:
    given = Assignments(dynamodb, table(dynamodb, "pk", "sk"), keep=60)
    for name in ("spring", "points"):
        offers = OfferSet(name, "Offer", {"one": 1})
        for who in (holder("jane", ""), holder("", "e-jane"), holder("joe", "")):
            given.assign("app", who, offers)
    erases(OffersStore(given, "app"), 4)
    assert len(items(dynamodb)) == 2


def test_the_versions_of_endpoints_and_of_a_deleted_user_go(dynamodb: Any) -> None:
    states = EndpointStates(dynamodb, table(dynamodb, "pk"), keep_deleted=60)
    for endpoint_id in ("E-Jane", "e-joe"):
        states.claim(endpoint_id, 1, "holder", lease=60)
    for user_id in ("jane", "joe"):
        states.delete_user(user_id, 1)
    erases(StatesStore(dynamodb, "kept"), 2)
    assert len(items(dynamodb)) == 2


def test_places_of_a_user_and_of_an_endpoint_without_one_go(dynamodb: Any) -> None:
    places = Places(dynamodb, table(dynamodb, "pk"), most=3, window=3600)
    for user_id, endpoint_id in (("jane", "x"), ("", "E-JANE"), ("joe", "y"), ("", "e-joe")):
        who = user_key("app", user_id, endpoint_id)
        places.take(who, [place("run", endpoint_id)], Deadline(float("inf"), lambda: 0.0))
    erases(PlacesStore(dynamodb, "kept", "app"), 2)
    assert len(items(dynamodb)) == 2


class Numbers:
    """The numbers of the account."""

    def __init__(self, *numbers: str) -> None:
        self.numbers = numbers

    def get_paginator(self, operation: str) -> "Numbers":
        assert operation == "describe_phone_numbers"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        for number in self.numbers:
            yield {"PhoneNumbers": [{"PhoneNumber": number}]}


def conversation(dynamodb: Any, handset: str, number: str, sort_keys: Sequence[str]) -> None:
    for sort_key in sort_keys:
        item = {"pk": {"S": conversation_id(handset, number)}, "sk": {"S": sort_key}}
        consent = {"opted_out": {"BOOL": True}, "at": {"N": "1"}} if sort_key == "CONSENT" else {}
        dynamodb.put_item(TableName="kept", Item=item | consent)


def test_conversations_with_each_of_our_numbers_go_but_that_nothing_is_wanted_stays(dynamodb: Any) -> None:
    table(dynamodb, "pk", "sk")
    conversation(dynamodb, "+14255550100", "+18005550100", ["CONVERSATION", "MESSAGE#1", "CONSENT"])
    conversation(dynamodb, "+14255550100", "12345", ["CONVERSATION"])
    conversation(dynamodb, "+14255550101", "12345", ["CONVERSATION"])
    erases(ConversationsStore(dynamodb, Numbers("+18005550100", "12345"), "kept"), 3)
    assert sorted(item["sk"]["S"] for item in items(dynamodb)) == ["CONSENT", "CONVERSATION"]


def test_who_has_no_number_had_no_conversation(dynamodb: Any) -> None:
    store = ConversationsStore(dynamodb, None, "kept")
    assert store.sweep(person("jane", (), ("jane@example.com",)), None).removed == 0
