"""Two campaigns, as any client of Amazon Pinpoint would start them."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded.demo.account import Account
from embedded.demo.ledger import Cell
from embedded.demo.report import Narrator
from embedded.demo.scenario import ScenarioFailed

SENDER = "no-reply@example.com"
_OFFER = "Hello {{User.UserAttributes.FirstName}}, 20 % off your {{Attributes.Plan}} plan."
# A campaign that hands nobody over for this long has come to a halt.
_STILL_SECONDS = 120.0


class CampaignFailed(ScenarioFailed):
    """A campaign did not come to its end, or to a bad one."""


@dataclass(frozen=True)
class Campaign:
    """A started campaign.

    Args:
        name: As the ledger calls it.
        application_id: Its project.
        campaign_id: Its id.
    """

    name: str
    application_id: str
    campaign_id: str


def start_webhook_campaign(account: Account, segment_id: str) -> Campaign:
    """Sends to every CUSTOM endpoint of the segment by the webhook channel."""
    return _start(
        account,
        "Webhook campaign",
        segment_id,
        MessageConfiguration={"CustomMessage": {"Data": "20 % off until Sunday"}},
        CustomDeliveryConfiguration={
            "DeliveryUri": account.output("CustomChannels", "WebhookDeliveryUri"),
            "EndpointTypes": ["CUSTOM"],
        },
    )


def start_email_campaign(account: Account, segment_id: str) -> Campaign:
    """Sends to every EMAIL endpoint of the segment, from a template."""
    _verify_sender(account)
    template = f"demo-offer-{segment_id}"
    account.client("pinpoint").create_email_template(
        TemplateName=template,
        EmailTemplateRequest={
            "Subject": "An offer for {{User.UserAttributes.FirstName}}",
            "TextPart": _OFFER,
            "HtmlPart": f"<p>{_OFFER}</p>",
        },
    )
    return _start(
        account,
        "E-mail campaign",
        segment_id,
        MessageConfiguration={"EmailMessage": {"FromAddress": SENDER}},
        TemplateConfiguration={"EmailTemplate": {"Name": template}},
    )


def _verify_sender(account: Account) -> None:
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER)


def _start(account: Account, name: str, segment_id: str, **message: Any) -> Campaign:
    application_id = account.output("Project", "ApplicationId")
    created = account.client("pinpoint").create_campaign(
        ApplicationId=application_id,
        WriteCampaignRequest={
            "Name": name,
            "SegmentId": segment_id,
            "Schedule": {"StartTime": "IMMEDIATE"},
            "Hook": {
                "LambdaFunctionName": account.output("CampaignHooks", "FrequencyCapFunctionArn"),
                "Mode": "FILTER",
            },
            **message,
        },
    )
    return Campaign(name, application_id, created["CampaignResponse"]["Id"])


def wait_for_campaign(account: Account, campaign: Campaign, narrator: Narrator) -> Mapping[Cell, int]:
    """Waits until everyone was left out or handed to the channel.

    Returns:
        The counts of the activity and of the hook's audit trail, as cells.

    Raises:
        CampaignFailed: It could not run, or has come to a halt.
    """
    changed, activity = time.monotonic(), dict[str, Any]()
    while True:
        before, activity = activity, _activity(account, campaign)
        changed = changed if activity == before else time.monotonic()
        done = activity.get("SuccessfulEndpointCount", 0)
        narrator.detail(f"{campaign.name}: {done:,} handed over")
        if activity.get("State") == "COMPLETED":
            if activity.get("Result") != "SUCCESS":
                raise CampaignFailed(f"{campaign.name} failed: {activity}")
            counts = activity_counts(campaign.name, activity)
            return counts | audit_counts(campaign.name, _audit_trail(account, campaign))
        if time.monotonic() - changed > _STILL_SECONDS:
            raise CampaignFailed(f"{campaign.name} is still {activity.get('State')}: {activity}")
        time.sleep(0.5)


def _activity(account: Account, campaign: Campaign) -> dict[str, Any]:
    answer = account.client("pinpoint").get_campaign_activities(
        ApplicationId=campaign.application_id, CampaignId=campaign.campaign_id
    )
    activities: list[dict[str, Any]] = answer["ActivitiesResponse"]["Item"]
    return activities[0] if activities else {}


_CELLS: Mapping[str, str] = {
    "LeftOut.CHANNEL": "left out: another channel",
    "LeftOut.OPT_OUT": "left out: opted out",
    "LeftOut.INACTIVE": "left out: inactive",
    "NotSent.HOOK": "left out: frequency cap",
    "Status.SUCCESS": "handed to the channel",
}


def activity_counts(name: str, activity: Mapping[str, Any]) -> dict[Cell, int]:
    """What an activity says of the segment and of who was left out.

    Args:
        name: As the ledger calls the campaign.
        activity: As the API shows it; a metric that nobody planned for keeps its own name.
    """
    metrics: dict[str, int] = {
        metric: int(count) for metric, count in activity.get("ExecutionMetrics", {}).items()
    }
    before_targeting = sum(count for metric, count in metrics.items() if metric.startswith("LeftOut."))
    return {
        Cell(name, "in the segment"): before_targeting + int(activity["TotalEndpointCount"]),
        **{Cell(name, _CELLS.get(metric, metric)): count for metric, count in metrics.items()},
    }


def _audit_trail(account: Account, campaign: Campaign) -> list[dict[str, str]]:
    s3, bucket = account.client("s3"), account.output("CampaignHooks", "AuditBucketName")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"audit/{campaign.application_id}/{campaign.campaign_id}/"
    )
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def audit_counts(name: str, lines: Iterable[Mapping[str, str]]) -> dict[Cell, int]:
    """What the hook wrote down: whom it kept, whom it left out and why.

    Args:
        name: As the ledger calls the campaign.
        lines: Its audit trail.
    """
    decisions = Counter(line["reason"] or line["decision"] for line in lines)
    return {Cell("Audit trail", f"{name}: {decision}"): count for decision, count in decisions.items()}
