"""One campaign through a channel or past a hook: its endpoints, its end, and the same invocations again."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from bench.load.queues import wait_until_empty
from bench.load.scenario import PATIENCE
from embedded.demo.account import Account
from embedded.demo.report import Narrator

MOST_OF_INVOCATION: Final = 50
"""Endpoints that Pinpoint hands to a channel or a hook at once."""
_CHANNEL_STACK: Final = "CustomChannels"
_MOST_OF_BATCH: Final = 100
_IN_FLIGHT: Final = 4


@dataclass(frozen=True)
class Receiver:
    """An endpoint of the load, whose id is its address.

    Attributes:
        address: As the vendor knows it.
        user_id: Whom the frequency cap counts for.
    """

    address: str
    user_id: str

    @property
    def members(self) -> dict[str, Any]:
        """The endpoint as the API takes it."""
        return {"ChannelType": "CUSTOM", "Address": self.address, "User": {"UserId": self.user_id}}


@dataclass(frozen=True)
class ChannelCampaign:
    """Everybody of a load in one segment, and one campaign by webhook to it.

    Attributes:
        account: Where it runs.
        tag: The segment's attribute and the campaign's name.
        receivers: Its endpoints.
    """

    account: Account
    tag: str
    receivers: Sequence[Receiver]

    @property
    def application_id(self) -> str:
        """The project."""
        return self.account.output("Project", "ApplicationId")

    def run(self, narrator: Narrator, *, hook: str = "") -> dict[str, Any]:
        """Make the endpoints, send to them, and wait for the end.

        Args:
            narrator: Told how far it is.
            hook: The ARN of a hook's function, if there is one.

        Returns:
            The campaign's one activity, as the API shows it at its end or when patience is over.
        """
        narrator.step(f"making {len(self.receivers):,} endpoints")
        starts = range(0, len(self.receivers), _MOST_OF_BATCH)
        with ThreadPoolExecutor(_IN_FLIGHT) as threads:
            list(threads.map(self._make_endpoints, starts))
        campaign_id = self._start(hook)
        narrator.step("waiting until everybody is handed over")
        began = time.monotonic()
        while True:
            activity = self._activity(campaign_id)
            narrator.detail(f"{activity.get('SuccessfulEndpointCount', 0):,} handed over")
            if activity.get("State") == "COMPLETED" or time.monotonic() - began > PATIENCE:
                return activity
            time.sleep(1)

    def repeat(self, function: str, activity: dict[str, Any], again: Sequence[Receiver]) -> list[str]:
        """Invoke a function once more for some of the endpoints, as an engine does that got no answer.

        Args:
            function: Name or ARN.
            activity: Of the campaign, which the repetition belongs to.
            again: The endpoints.

        Returns:
            The ids of the endpoints in the answers.
        """
        run = {
            "ApplicationId": self.application_id,
            "CampaignId": activity["CampaignId"],
            "ActivityId": activity["Id"],
            "TreatmentId": activity.get("TreatmentId", "0"),
            "ScheduledTime": activity["ScheduledStart"],
            "Data": self.tag,
        }
        answered: list[str] = []
        for start in range(0, len(again), MOST_OF_INVOCATION):
            endpoints = {one.address: one.members for one in again[start : start + MOST_OF_INVOCATION]}
            answer = self.account.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps({**run, "Endpoints": endpoints})
            )
            answered += json.loads(answer["Payload"].read())
        return answered

    def wait_until_sent(self, narrator: Narrator) -> None:
        """Wait until no message is in the channel's queues any more, repeated ones and late ones included."""
        prefix = f"{_CHANNEL_STACK}-Webhook"
        urls = self.account.client("sqs").list_queues(QueueNamePrefix=prefix)["QueueUrls"]
        dead = self.account.output(_CHANNEL_STACK, "WebhookDeadLettersUrl").rpartition("/")[2]
        wait_until_empty(self.account, [url for url in urls if not url.endswith(dead)], narrator)

    def _make_endpoints(self, start: int) -> None:
        items = [
            {**one.members, "Id": one.address, "Attributes": {"Load": [self.tag]}}
            for one in self.receivers[start : start + _MOST_OF_BATCH]
        ]
        self.account.client("pinpoint").update_endpoints_batch(
            ApplicationId=self.application_id, EndpointBatchRequest={"Item": items}
        )

    def _start(self, hook: str) -> str:
        pinpoint = self.account.client("pinpoint")
        everybody = {"Load": {"AttributeType": "INCLUSIVE", "Values": [self.tag]}}
        segment = pinpoint.create_segment(
            ApplicationId=self.application_id,
            WriteSegmentRequest={"Name": self.tag, "Dimensions": {"Attributes": everybody}},
        )
        request: dict[str, Any] = {
            "Name": self.tag,
            "SegmentId": segment["SegmentResponse"]["Id"],
            "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"CustomMessage": {"Data": self.tag}},
            "CustomDeliveryConfiguration": {
                "DeliveryUri": self.account.output(_CHANNEL_STACK, "WebhookDeliveryUri"),
                "EndpointTypes": ["CUSTOM"],
            },
        }
        if hook:
            request["Hook"] = {"LambdaFunctionName": hook, "Mode": "FILTER"}
        created = pinpoint.create_campaign(ApplicationId=self.application_id, WriteCampaignRequest=request)
        return str(created["CampaignResponse"]["Id"])

    def _activity(self, campaign_id: str) -> dict[str, Any]:
        answer = self.account.client("pinpoint").get_campaign_activities(
            ApplicationId=self.application_id, CampaignId=campaign_id
        )
        activities: list[dict[str, Any]] = answer["ActivitiesResponse"]["Item"]
        return activities[0] if activities else {}
