"""The inbox of the stack CustomChannels, and campaigns to people of a test's own."""

import json
from collections.abc import Mapping
from typing import Any

from embedded.demo.account import Account
from embedded.demo.queues import DeadLetters

# From the table of campaigns to the inbox: seconds on AWS, more on a busy laptop.
WITHIN = 60.0


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

    def messages(self, user_id: str) -> list[dict[str, Any]]:
        """What the app shows a user: a text, and the attributes that came with it."""
        found = self.account.client("dynamodb").query(
            TableName=self.account.output("CustomChannels", "InboxTableName"),
            KeyConditionExpression="pk = :reader",
            ExpressionAttributeValues={":reader": {"S": f"USER#{user_id}"}},
            ConsistentRead=True,
        )
        return [
            {"text": item["data"]["S"], "attributes": json.loads(item["attributes"]["S"])}
            for item in found["Items"]
        ]

    def texts(self, user_id: str) -> list[str]:
        """The texts that the app shows a user."""
        return [message["text"] for message in self.messages(user_id)]

    def reasons(self, tag: str) -> list[str]:
        """Why messages that hold a tag are dead letters."""
        letters = DeadLetters.of(self.account, "CustomChannels", "InboxDeadLettersUrl", mark=tag)
        return sorted(letter.reason for letter in letters.read())

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


def make_people(account: Account, tag: str, endpoints: Mapping[str, Mapping[str, Any]]) -> str:
    """Write endpoints of a custom channel, each its own user unless it says whose, and a segment of them.

    Args:
        account: With the stack Project.
        tag: What the segment knows them by.
        endpoints: Attributes by endpoint id, and `UserId` among them for one that shares a user.

    Returns:
        The segment's id.
    """
    pinpoint, application_id = account.client("pinpoint"), account.output("Project", "ApplicationId")
    for endpoint_id, given in endpoints.items():
        attributes = {name: value for name, value in given.items() if name != "UserId"}
        pinpoint.update_endpoint(
            ApplicationId=application_id,
            EndpointId=endpoint_id,
            EndpointRequest={
                "ChannelType": "CUSTOM",
                "Address": f"handle-{endpoint_id}",
                "OptOut": "NONE",
                "Attributes": {"Tag": [tag], **attributes},
                "User": {"UserId": given.get("UserId", endpoint_id)},
            },
        )
    tagged = {"Attributes": {"Tag": {"AttributeType": "INCLUSIVE", "Values": [tag]}}}
    created = pinpoint.create_segment(
        ApplicationId=application_id, WriteSegmentRequest={"Name": tag, "Dimensions": tagged}
    )
    return str(created["SegmentResponse"]["Id"])


def start_campaign(account: Account, segment: str, delivery_uri: str, *, data: str, **members: Any) -> str:
    """Send to a segment by a custom channel, at once. Returns the campaign's id."""
    created = account.client("pinpoint").create_campaign(
        ApplicationId=account.output("Project", "ApplicationId"),
        WriteCampaignRequest={
            "Name": segment,
            "SegmentId": segment,
            "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"CustomMessage": {"Data": data}},
            "CustomDeliveryConfiguration": {"DeliveryUri": delivery_uri, "EndpointTypes": ["CUSTOM"]},
            **members,
        },
    )
    return str(created["CampaignResponse"]["Id"])


def hooked_by(account: Account, output: str) -> dict[str, Any]:
    """A campaign's member that names one of the hooks of the stack CampaignHooks."""
    return {"Hook": {"LambdaFunctionName": account.output("CampaignHooks", output), "Mode": "FILTER"}}


def trail(account: Account, campaign: str) -> dict[str, dict[str, str]]:
    """What a hook wrote down of a campaign, by endpoint id."""
    s3, bucket = account.client("s3"), account.output("CampaignHooks", "AuditBucketName")
    prefix = f"audit/{account.output('Project', 'ApplicationId')}/{campaign}/"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    lines = [json.loads(line) for body in bodies for line in body.splitlines()]
    return {line["endpoint_id"]: line for line in lines}
