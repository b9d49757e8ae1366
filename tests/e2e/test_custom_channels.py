"""A campaign past a hook into the app's inbox, and batches that come more than once, on the engine."""

import json
import uuid
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually

pytestmark = pytest.mark.e2e

# From the table of campaigns to the inbox: seconds on AWS, more on a busy laptop.
_WITHIN = 60.0


class Inbox:
    """The stack's inbox, as the engine fills it and as the app reads it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.application_id = account.output("Project", "ApplicationId")
        self.channel = account.output("CustomChannels", "InboxDeliveryUri")

    def accept(self, event: object) -> dict[str, Any]:
        """Hand a batch over as a campaign does."""
        answer = self.account.client("lambda").invoke(FunctionName=self.channel, Payload=json.dumps(event))
        return {"error": answer.get("FunctionError"), "said": json.load(answer["Payload"])}

    def texts(self, user_id: str) -> list[str]:
        """What the app shows a user."""
        found = self.account.client("dynamodb").query(
            TableName=self.account.output("CustomChannels", "InboxTableName"),
            KeyConditionExpression="pk = :reader",
            ExpressionAttributeValues={":reader": {"S": f"USER#{user_id}"}},
            ConsistentRead=True,
        )
        return [item["data"]["S"] for item in found["Items"]]

    def reasons(self, tag: str) -> list[str]:
        """Why messages that hold a tag are dead letters."""
        letters = self.account.client("sqs").receive_message(
            QueueUrl=self.account.output("CustomChannels", "InboxDeadLettersUrl"),
            MaxNumberOfMessages=10,
            MessageAttributeNames=["Reason"],
            VisibilityTimeout=0,
        )
        mine = (letter for letter in letters.get("Messages", []) if tag in letter["Body"])
        return sorted(letter["MessageAttributes"]["Reason"]["StringValue"] for letter in mine)

    @property
    def queue_url(self) -> str:
        """Where accepted messages wait."""
        settings = self.account.client("lambda").get_function_configuration(FunctionName=self.channel)
        return str(settings["Environment"]["Variables"]["QUEUE_URL"])

    def waiting(self) -> int:
        """Messages that have come to no end yet."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.account.client("sqs").get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(told["Attributes"][name]) for name in names)


@pytest.fixture(scope="module")
def inbox(hosted_stage: Stage) -> Inbox:
    return Inbox(hosted_stage.account)


def batch(inbox: Inbox, tag: str, endpoints: dict[str, Any]) -> dict[str, Any]:
    return {
        "Message": {},
        "Data": tag,
        "ApplicationId": inbox.application_id,
        "CampaignId": uuid.uuid4().hex,
        "TreatmentId": "0",
        "ActivityId": uuid.uuid4().hex,
        "ScheduledTime": "2026-01-01T00:00:00.000Z",
        "Endpoints": endpoints,
    }


def test_a_batch_that_comes_three_times_is_in_the_inbox_once_and_a_bad_endpoint_is_a_dead_letter(
    inbox: Inbox,
) -> None:
    tag = uuid.uuid4().hex
    readers = [f"{tag}-{number}" for number in range(3)]
    endpoints: dict[str, Any] = {
        reader: {"ChannelType": "CUSTOM", "Address": "handle", "User": {"UserId": reader}}
        for reader in readers
    }
    event = batch(inbox, tag, {**endpoints, f"{tag}-none": None})
    for _ in range(3):
        accepted = inbox.accept(event)
        assert accepted["error"] is None
        assert set(readers) <= set(accepted["said"])
    inbox.account.client("sqs").send_message(QueueUrl=inbox.queue_url, MessageBody=f"poison {tag}")

    assert eventually(inbox.waiting, lambda left: left == 0, within=_WITHIN) == 0
    assert inbox.reasons(tag) == ["endpoint_is_not_an_object", "unreadable message: not JSON"]
    assert [inbox.texts(reader) for reader in readers] == [[tag]] * 3


def test_what_is_no_batch_is_an_error_that_pinpoint_reports(inbox: Inbox) -> None:
    assert inbox.accept({"Endpoints": "all"})["error"] == "Unhandled"
    assert inbox.accept([])["error"] == "Unhandled"


def test_a_campaign_reaches_whom_the_hook_keeps_and_the_trail_says_why_not_the_others(inbox: Inbox) -> None:
    tag, account = uuid.uuid4().hex, inbox.account
    pinpoint, app = account.client("pinpoint"), inbox.application_id
    for name, hold in (("kept", "false"), ("held", "true")):
        pinpoint.update_endpoint(
            ApplicationId=app,
            EndpointId=f"{tag}-{name}",
            EndpointRequest={
                "ChannelType": "CUSTOM",
                "Address": f"{tag}-{name}",
                "OptOut": "NONE",
                "Attributes": {"Tag": [tag], "hold": [hold]},
                "User": {"UserId": f"{tag}-{name}"},
            },
        )
    tagged = {"Attributes": {"Tag": {"AttributeType": "INCLUSIVE", "Values": [tag]}}}
    segment = pinpoint.create_segment(
        ApplicationId=app, WriteSegmentRequest={"Name": tag, "Dimensions": tagged}
    )["SegmentResponse"]["Id"]
    campaign = pinpoint.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": tag,
            "SegmentId": segment,
            "Schedule": {"StartTime": "IMMEDIATE"},
            "Hook": {
                "LambdaFunctionName": account.output("CampaignHooks", "AuditFunctionArn"),
                "Mode": "FILTER",
            },
            "MessageConfiguration": {"CustomMessage": {"Data": tag}},
            "CustomDeliveryConfiguration": {"DeliveryUri": inbox.channel, "EndpointTypes": ["CUSTOM"]},
        },
    )["CampaignResponse"]["Id"]

    assert eventually(lambda: inbox.texts(f"{tag}-kept"), within=_WITHIN) == [tag]
    decisions = {line["endpoint_id"]: line["reason"] or line["decision"] for line in trail(account, campaign)}
    assert decisions == {f"{tag}-kept": "kept", f"{tag}-held": "denied:hold"}
    assert inbox.texts(f"{tag}-held") == []


def trail(account: Account, campaign: str) -> list[dict[str, str]]:
    """What the hook wrote down of a campaign."""
    s3, bucket = account.client("s3"), account.output("CampaignHooks", "AuditBucketName")
    prefix = f"audit/{account.output('Project', 'ApplicationId')}/{campaign}/"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    return [json.loads(line) for body in bodies for line in body.splitlines()]
