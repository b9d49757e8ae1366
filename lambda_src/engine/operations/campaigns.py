"""Campaigns that start at once or in response to events, by e-mail and by custom channels.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html
"""

from typing import Any, Final

from engine import choices
from engine.acceptance import accept
from engine.campaigns.schedule import is_event_campaign, is_over, status_of_campaign
from engine.context import Context, iso
from engine.errors import BadRequest, Conflict, NotFound, NotYetImplemented
from engine.operations.apps import require_application
from engine.operations.campaign_message import DELIVERY_URI, check_campaign
from engine.operations.documents import activity_key, campaign_key, page
from engine.operations.event_campaigns import write_event_campaign
from engine.operations.message_templates import require_template
from engine.operations.registry import Request
from engine.operations.segments import require_segment
from engine.operations.tags import check_tags
from engine.operations.versions import get_version, get_versions, version_write
from engine.store import Document, Item, Key, Put, TransactionLost, Write
from engine.webhooks import BadWebhook

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
_SCHEDULED: Final = {"CampaignStatus": "SCHEDULED"}


def create_campaign(context: Context, request: Request) -> dict[str, Any]:
    """CreateCampaign: sent at once in one run that is planned behind, or whenever events set it off."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    write = request["WriteCampaignRequest"]
    segment = _checked(context, application_id, write)
    check_tags(write.get("tags", {}))
    campaign = _campaign(context, application_id, write, segment)
    if is_event_campaign(campaign):
        writes: list[Write] = [Put(_key(campaign), campaign, expected=0), version_write(campaign)]
        write_event_campaign(context, campaign, writes)
    else:
        _accept_run(context, campaign)
    return _shown(context, campaign)


def update_campaign(context: Context, request: Request) -> dict[str, Any]:
    """UpdateCampaign: pauses or resumes a campaign that is sent in response to events, or defines it anew."""
    item = _require(context, request)
    write: Document = request["WriteCampaignRequest"]
    if not is_event_campaign(item.doc):
        raise NotYetImplemented("UpdateCampaign is not served by this engine yet for a campaign sent once")
    if is_over(item.doc, context.now()):
        raise BadRequest("the campaign has ended and cannot be changed: create another")
    changed = item.doc | {"IsPaused": write.get("IsPaused", False)}
    if set(write) != {"IsPaused"} or not choices.PAUSE_ALONE_KEEPS_THE_DEFINITION:
        segment = _checked(context, item.doc["ApplicationId"], write)
        if not is_event_campaign(write):
            raise BadRequest("WriteCampaignRequest.Schedule.Frequency must stay EVENT")
        kept = {name: value for name, value in changed.items() if name not in _FROM_REQUEST}
        changed = kept | _defined(write, segment)
    changed |= {"LastModifiedDate": iso(context.now()), "Version": item.doc["Version"] + 1}
    try:
        context.store.write([Put(item.key, changed, expected=item.version), version_write(changed)])
    except TransactionLost:
        raise Conflict("the campaign was changed by somebody else meanwhile: read it and try again") from None
    return _shown(context, changed)


def get_campaign(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaign."""
    return _shown(context, _require(context, request).doc)


def get_campaigns(context: Context, request: Request) -> dict[str, Any]:
    """GetCampaigns."""
    require_application(context, request["ApplicationId"])
    found = page(context, f"CAMPAIGNS#{request['ApplicationId']}", request)
    return {**found, "Item": [_shown(context, campaign) for campaign in found["Item"]]}


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
    return {**_shown(context, item.doc), "State": {"CampaignStatus": "DELETED"}}


def _require(context: Context, request: Request) -> Item:
    require_application(context, request["ApplicationId"])
    item = context.store.get(campaign_key(request["ApplicationId"], request["CampaignId"]))
    if item is None:
        raise NotFound(f"no campaign has the id {request['CampaignId']!r}")
    return item


def _shown(context: Context, campaign: Document) -> Document:
    """A campaign as the API shows it, in the state it is in now."""
    shown = {name: value for name, value in campaign.items() if name != "_"}
    return shown | {"State": {"CampaignStatus": status_of_campaign(campaign, context.now())}}


def _key(campaign: Document) -> Key:
    return campaign_key(campaign["ApplicationId"], campaign["Id"])


def _accept_run(context: Context, campaign: Document) -> None:
    """Write a campaign with its one run, and have it planned."""
    application_id, campaign_id, activity_id = campaign["ApplicationId"], campaign["Id"], context.new_id()
    names = {"ApplicationId": application_id, "CampaignId": campaign_id}
    activity: Document = {
        "Id": activity_id,
        **names,
        "TreatmentId": "0",
        "State": "PENDING",
        "ScheduledStart": campaign["CreationDate"],
    }
    campaign["_"] = {"ActivityId": activity_id}
    writes: list[Write] = [
        Put(_key(campaign), campaign, expected=0),
        Put(activity_key(application_id, campaign_id, activity_id), activity, expected=0),
        version_write(campaign),
    ]
    accept(context, "campaigns", {"Kind": "plan", **names, "ActivityId": activity_id}, writes)


def _checked(context: Context, application_id: str, write: Document) -> Document:
    """The segment of a campaign that can be sent."""
    check_campaign(write, context.now())
    segment = _usable_segment(context, application_id, write)
    for member, kind in (("EmailTemplate", "EMAIL"), ("SMSTemplate", "SMS")):
        template = write.get("TemplateConfiguration", {}).get(member)
        if template:
            require_template(context, kind, template.get("Name", ""), template.get("Version"))
    _confirm_webhook(context, write)
    return segment


def _confirm_webhook(context: Context, write: Document) -> None:
    """Last of all: nothing is asked outside on behalf of a request that is refused anyway."""
    uri = write.get("CustomDeliveryConfiguration", {}).get("DeliveryUri", "")
    if "://" not in uri:
        return
    try:
        context.webhooks.confirm(uri, context.account)
    except BadWebhook as bad:
        raise BadRequest(f"{DELIVERY_URI} {bad.reason}") from bad


def _usable_segment(context: Context, application_id: str, write: Document) -> Document:
    segment = require_segment(context, application_id, write["SegmentId"]).doc
    if segment["_"]["Status"] != "READY":
        raise BadRequest(
            "WriteCampaignRequest.SegmentId names a segment whose import job is not COMPLETED: "
            f"it is {segment['_']['Status']}"
        )
    if is_event_campaign(write) and segment["SegmentType"] == "IMPORT":
        raise BadRequest(
            "WriteCampaignRequest.SegmentId must name a dynamic segment with the Frequency EVENT: "
            "this one was imported"
        )
    wanted = write.get("SegmentVersion", segment["Version"])
    if wanted != segment["Version"]:
        return get_version(context, application_id, segment["Id"], str(wanted))
    return segment


def _campaign(context: Context, application_id: str, write: Document, segment: Document) -> Document:
    campaign_id = context.new_id()
    moment = iso(context.now())
    return {
        **_defined(write, segment),
        "Id": campaign_id,
        "ApplicationId": application_id,
        "Arn": context.campaign_arn(application_id, campaign_id),
        "AdditionalTreatments": [],
        "IsPaused": write.get("IsPaused", False),
        "State": _SCHEDULED,
        "DefaultState": _SCHEDULED,
        "CreationDate": moment,
        "LastModifiedDate": moment,
        "Version": 1,
        "tags": write.get("tags", {}),
    }


def _defined(write: Document, segment: Document) -> Document:
    return {
        **{name: write[name] for name in _FROM_REQUEST if name in write},
        "SegmentId": segment["Id"],
        "SegmentVersion": segment["Version"],
        "HoldoutPercent": write.get("HoldoutPercent", 0),
    }
