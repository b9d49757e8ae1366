"""`AWS::Pinpoint::Campaign`.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-campaign.html
"""

from typing import Any, Final

from engine.campaigns.schedule import is_event_campaign
from engine.errors import NotFound
from engine.operations.documents import campaign_key
from engine.provider.lifecycle import Call, Kind, Made

_OUTSIDE: Final = frozenset({"ApplicationId"})
_RENAMED: Final = {"CampaignHook": "Hook"}


def _create(call: Call) -> Made:
    application_id = call.text("ApplicationId")
    found = _begun_before(call, application_id) if call.repeated else None
    return _made(
        found
        or call.perform(
            "CreateCampaign",
            ApplicationId=application_id,
            WriteCampaignRequest=call.body("WriteCampaignRequest", renamed=_RENAMED, outside=_OUTSIDE),
        )
    )


def _begun_before(call: Call, application_id: str) -> dict[str, Any] | None:
    campaign = call.find("GetCampaign", ApplicationId=application_id, CampaignId=call.first_id)
    item = call.context.store.get(campaign_key(application_id, call.first_id))
    if campaign and item and not is_event_campaign(campaign):
        # The first attempt may have ended before it asked for the run; planning twice plans once.
        message = {"Kind": "plan", "ApplicationId": application_id, "CampaignId": call.first_id}
        call.context.queues.send("campaigns", [message | {"ActivityId": item.doc["_"]["ActivityId"]}])
    return campaign


def _update(call: Call) -> Made:
    application_id = call.text("ApplicationId")
    if application_id != call.old_text("ApplicationId"):
        return _create(call)
    _, _, campaign_id = call.event.physical_id.partition("|")
    if _without_tags(call.event.properties) != _without_tags(call.event.old_properties):
        call.perform(
            "UpdateCampaign",
            ApplicationId=application_id,
            CampaignId=campaign_id,
            WriteCampaignRequest=call.body("WriteCampaignRequest", renamed=_RENAMED, outside=_OUTSIDE),
        )
    campaign = call.perform("GetCampaign", ApplicationId=application_id, CampaignId=campaign_id)
    call.change_tags(campaign["Arn"])
    return _made(campaign)


def _delete(call: Call) -> None:
    application_id, _, campaign_id = call.event.physical_id.partition("|")
    try:
        call.perform("DeleteCampaign", ApplicationId=application_id, CampaignId=campaign_id)
    except NotFound:
        return


def _without_tags(properties: Any) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != "Tags"}


def _made(campaign: dict[str, Any]) -> Made:
    return Made(
        f"{campaign['ApplicationId']}|{campaign['Id']}",
        {"Arn": campaign["Arn"], "CampaignId": campaign["Id"]},
    )


CAMPAIGN = Kind(_create, _update, _delete)
