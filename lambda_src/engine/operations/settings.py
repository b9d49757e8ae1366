"""An application's settings: the limits, quiet time and hook that campaigns take by default.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-settings.html
"""

from typing import Any, Final

from engine.context import Context, iso
from engine.operations.apps import require_application
from engine.operations.campaign_rules import check_hook, check_limits, check_quiet_time
from engine.operations.documents import public, settings_key
from engine.operations.registry import Request
from engine.store import Document, Put

_KEPT_PRIVATE: Final = ("CloudWatchMetricsEnabled", "EventTaggingEnabled")
_SHOWN: Final = ("CampaignHook", "Limits", "QuietTime", "JourneyLimits")


def get_application_settings(context: Context, request: Request) -> dict[str, Any]:
    """GetApplicationSettings: an application that never had any answers with empty ones."""
    application_id = request["ApplicationId"]
    application = require_application(context, application_id)
    item = context.store.get(settings_key(application_id))
    if item is None:
        return {"ApplicationId": application_id, "LastModifiedDate": application["CreationDate"]}
    return public(item)


def update_application_settings(context: Context, request: Request) -> dict[str, Any]:
    """UpdateApplicationSettings: a member sent replaces its whole value, the others are kept."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    write = request["WriteApplicationSettingsRequest"]
    check_hook(write.get("CampaignHook"), "WriteApplicationSettingsRequest.CampaignHook")
    check_limits(write.get("Limits"), "WriteApplicationSettingsRequest.Limits")
    check_quiet_time(write.get("QuietTime"), "WriteApplicationSettingsRequest.QuietTime")
    item = context.store.get(settings_key(application_id))
    stored: Document = item.doc if item is not None else {}
    private = stored.get("_", {}) | {name: write[name] for name in _KEPT_PRIVATE if name in write}
    document: Document = {
        **stored,
        **{name: write[name] for name in _SHOWN if name in write},
        "ApplicationId": application_id,
        "LastModifiedDate": iso(context.now()),
        "_": private,
    }
    context.store.put(Put(settings_key(application_id), document))
    return {name: value for name, value in document.items() if name != "_"}
