"""The inbox: one item a message, newest first, gone in time, never overwritten."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from channels.inbox.adapter import InboxAdapter
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.webhook import Accepted, Rejected, RetryLater

NOW = 1_700_000_000.0


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="inbox",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        yield client


def message(key: str, accepted_at: int, *, user: str = "", data: str = "hello") -> ChannelMessage:
    members: dict[str, Any] = {"Address": "jane@example.com", "Attributes": {"plan": ["gold"]}}
    if user:
        members["User"] = {"UserId": user}
    return ChannelMessage(
        key=key,
        owner="o",
        application_id="app",
        endpoint_id="e",
        data=data,
        accepted_at=accepted_at,
        endpoint=members,
    )


def read(dynamodb: Any, reader: str) -> list[dict[str, Any]]:
    answer = dynamodb.query(
        TableName="inbox",
        KeyConditionExpression="pk = :reader",
        ExpressionAttributeValues={":reader": {"S": reader}},
        ScanIndexForward=False,
    )
    items: list[dict[str, Any]] = answer["Items"]
    return items


def test_an_app_reads_the_newest_message_first(dynamodb: Any) -> None:
    inbox = InboxAdapter(dynamodb, "inbox", keep=86400, clock=lambda: NOW)
    for key, accepted_at in (("old", 999), ("new", 1_700_000_000_000), ("middle", 1_000)):
        assert inbox.send(message(key, accepted_at, user="u")) == Accepted(200)
    assert [item["message_key"]["S"] for item in read(dynamodb, "USER#u")] == ["new", "middle", "old"]


def test_an_endpoint_without_a_user_has_an_inbox_of_its_own(dynamodb: Any) -> None:
    InboxAdapter(dynamodb, "inbox", keep=86400).send(message("m", 1))
    assert len(read(dynamodb, "ENDPOINT#e")) == 1


def test_a_message_expires_and_holds_no_address(dynamodb: Any) -> None:
    InboxAdapter(dynamodb, "inbox", keep=86400, clock=lambda: NOW).send(message("m", 1, user="u"))
    (item,) = read(dynamodb, "USER#u")
    assert item["ttl"] == {"N": str(int(NOW) + 86400)}
    assert item["data"] == {"S": "hello"}
    assert "jane@example.com" not in str(item)


def test_a_repeated_message_leaves_what_the_app_noted_on_it(dynamodb: Any) -> None:
    inbox = InboxAdapter(dynamodb, "inbox", keep=86400)
    inbox.send(message("m", 1, user="u"))
    (item,) = read(dynamodb, "USER#u")
    dynamodb.put_item(TableName="inbox", Item={**item, "read": {"BOOL": True}})
    assert inbox.send(message("m", 1, user="u")) == Accepted(200)
    assert read(dynamodb, "USER#u")[0]["read"] == {"BOOL": True}


class Broken:
    """A DynamoDB client that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_item(self, **request: Any) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "PutItem"),
            RetryLater("ProvisionedThroughputExceededException"),
        ),
        (ClientError({"Error": {"Code": "ValidationException"}}, "PutItem"), Rejected("item_refused")),
        (ReadTimeoutError(endpoint_url="x"), RetryLater("ReadTimeoutError")),
    ],
)
def test_what_may_pass_is_tried_again_and_what_never_will_is_not(error: Exception, outcome: object) -> None:
    assert InboxAdapter(Broken(error), "inbox", keep=1).send(message("m", 1)) == outcome
