"""Campaigns that start at once, by e-mail and by custom channels.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html
"""

from typing import Any, Final

from engine.acceptance import accept
from engine.context import Context, iso
from engine.errors import BadRequest, NotFound
from engine.operations.apps import require_application
from engine.operations.campaign_message import check_campaign
from engine.operations.documents import activity_key, campaign_key, page, public
from engine.operations.email_templates import require_email_template
from engine.operations.registry import Request
from engine.operations.segments import require_segment
from engine.operations.tags import check_tags
from engine.operations.versions import get_version, get_versions, version_write
from engine.store import Document, Item, Put, Write

_FROM_REQUEST: Final = (
    "CustomDeliveryConfiguration",
    "Description",
    "Hook",
    "Limits",
    "MessageConfiguration",
    "Name",
    "Priority",
    "Schedule",
    "TemplateConfiguration",
    "TreatmentDescription",
    "TreatmentName",
)


def create_campaign(context: Context, request: Request) -> dict[str, Any]:
    """CreateCampaign: the campaign and its one run are written together, then the run is planned."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    write = request["WriteCampaignRequest"]
    check_campaign(write)
    check_tags(write.get("tags", {}))
    segment = _usable_segment(context, application_id, write)
    template = write.get("TemplateConfiguration", {}).get("EmailTemplate")
    if template:
        require_email_template(context, template.get("Name", ""), template.get("Version"))
    campaign = _campaign(context, application_id, write, segment)
    activity: Document = {
        "Id": context.new_id(),
        "ApplicationId": application_id,
        "CampaignId": campaign["Id"],
        "TreatmentId": "0",
        "State": "PENDING",
        "ScheduledStart": campaign["CreationDate"],
    }
    campaign["_"] = {"ActivityId": activity["Id"]}
    writes: list[Write] = [
        Put(campaign_key(application_id, campaign["Id"]), campaign, expected=0),
        Put(activity_key(application_id, campaign["Id"], activity["Id"]), activity, expected=0),
        version_write(campaign),
    ]
    plan = {"Kind": "plan", "ApplicationId": application_id, "CampaignId": campaign["Id"]}
    accept(context, "campaigns", plan | {"ActivityId": activity["Id"]}, writes)
    return campaign


def get_campaign(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaign."""
    return public(_require(context, request))


def get_campaigns(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaigns."""
    require_application(context, request["ApplicationId"])
    return page(context, f"CAMPAIGNS#{request['ApplicationId']}", request)


def get_campaign_version(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaignVersion."""
    _require(context, request)
    return get_version(context, request["ApplicationId"], request["CampaignId"], request["Version"])


def get_campaign_versions(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaignVersions."""
    _require(context, request)
    return get_versions(context, request["ApplicationId"], request["CampaignId"], request)


def get_campaign_activities(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaignActivities: the runs, with what became of their endpoints in ExecutionMetrics."""
    _require(context, request)
    return page(context, f"ACTIVITIES#{request['ApplicationId']}#{request['CampaignId']}", request)


def delete_campaign(context: Context, request: Request) -> dict[str, Any]:
    """DeleteCampaign: workers that find it gone stop."""
    item = _require(context, request)
    context.store.delete(item.key)
    return {**public(item), "State": {"CampaignStatus": "DELETED"}}


def _require(context: Context, request: Request) -> Item:
    require_application(context, request["ApplicationId"])
    item = context.store.get(campaign_key(request["ApplicationId"], request["CampaignId"]))
    if item is None:
        raise NotFound(f"no campaign has the id {request['CampaignId']!r}")
    return item


def _usable_segment(context: Context, application_id: str, write: Document) -> Document:
    segment = require_segment(context, application_id, write["SegmentId"]).doc
    if segment["_"]["Status"] != "READY":
        raise BadRequest(
            "WriteCampaignRequest.SegmentId names a segment whose import job is not COMPLETED: "
            f"it is {segment['_']['Status']}"
        )
    wanted = write.get("SegmentVersion", segment["Version"])
    if wanted != segment["Version"]:
        return get_version(context, application_id, segment["Id"], str(wanted))
    return segment


def _campaign(context: Context, application_id: str, write: Document, segment: Document) -> Document:
    campaign_id = context.new_id()
    moment = iso(context.now())
    return {
        **{name: write[name] for name in _FROM_REQUEST if name in write},
        "Id": campaign_id,
        "ApplicationId": application_id,
        "Arn": context.campaign_arn(application_id, campaign_id),
        "SegmentId": segment["Id"],
        "SegmentVersion": segment["Version"],
        "AdditionalTreatments": [],
        "HoldoutPercent": write.get("HoldoutPercent", 0),
        "IsPaused": False,
        "State": {"CampaignStatus": "SCHEDULED"},
        "DefaultState": {"CampaignStatus": "SCHEDULED"},
        "CreationDate": moment,
        "LastModifiedDate": moment,
        "Version": 1,
        "tags": write.get("tags", {}),
    }
