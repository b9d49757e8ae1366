"""Which function serves which operation: named, so that a cold start imports only what it calls."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

from engine.context import Context

Request: TypeAlias = Mapping[str, Any]
Handler: TypeAlias = Callable[[Context, Request], Mapping[str, Any] | None]

_BY_MODULE: Final[Mapping[str, Mapping[str, str]]] = {
    "apps": {
        "CreateApp": "create_app",
        "GetApp": "get_app",
        "GetApps": "get_apps",
        "DeleteApp": "delete_app",
    },
    "tags": {
        "TagResource": "tag_resource",
        "UntagResource": "untag_resource",
        "ListTagsForResource": "list_tags_for_resource",
    },
    "settings": {
        "GetApplicationSettings": "get_application_settings",
        "UpdateApplicationSettings": "update_application_settings",
    },
    "channels": {
        "GetChannels": "get_channels",
        "GetEmailChannel": "get_email_channel",
        "UpdateEmailChannel": "update_email_channel",
        "DeleteEmailChannel": "delete_email_channel",
        "GetSmsChannel": "get_sms_channel",
        "UpdateSmsChannel": "update_sms_channel",
        "DeleteSmsChannel": "delete_sms_channel",
        "GetVoiceChannel": "get_voice_channel",
        "UpdateVoiceChannel": "update_voice_channel",
        "DeleteVoiceChannel": "delete_voice_channel",
    },
    "endpoints": {
        "GetEndpoint": "get_endpoint",
        "UpdateEndpoint": "update_endpoint",
        "UpdateEndpointsBatch": "update_endpoints_batch",
        "DeleteEndpoint": "delete_endpoint",
    },
    "users": {
        "GetUserEndpoints": "get_user_endpoints",
        "DeleteUserEndpoints": "delete_user_endpoints",
    },
    "import_jobs": {
        "CreateImportJob": "create_import_job",
        "GetImportJob": "get_import_job",
        "GetImportJobs": "get_import_jobs",
        "GetSegmentImportJobs": "get_segment_import_jobs",
    },
    "segments": {
        "CreateSegment": "create_segment",
        "UpdateSegment": "update_segment",
        "GetSegment": "get_segment",
        "GetSegments": "get_segments",
        "GetSegmentVersion": "get_segment_version",
        "GetSegmentVersions": "get_segment_versions",
        "DeleteSegment": "delete_segment",
    },
    "campaigns": {
        "CreateCampaign": "create_campaign",
        "UpdateCampaign": "update_campaign",
        "GetCampaign": "get_campaign",
        "GetCampaigns": "get_campaigns",
        "GetCampaignVersion": "get_campaign_version",
        "GetCampaignVersions": "get_campaign_versions",
        "GetCampaignActivities": "get_campaign_activities",
        "DeleteCampaign": "delete_campaign",
    },
    "email_templates": {
        "CreateEmailTemplate": "create_email_template",
        "GetEmailTemplate": "get_email_template",
        "UpdateEmailTemplate": "update_email_template",
        "DeleteEmailTemplate": "delete_email_template",
    },
    "sms_templates": {
        "CreateSmsTemplate": "create_sms_template",
        "GetSmsTemplate": "get_sms_template",
        "UpdateSmsTemplate": "update_sms_template",
        "DeleteSmsTemplate": "delete_sms_template",
    },
    "voice_templates": {
        "CreateVoiceTemplate": "create_voice_template",
        "GetVoiceTemplate": "get_voice_template",
        "UpdateVoiceTemplate": "update_voice_template",
        "DeleteVoiceTemplate": "delete_voice_template",
    },
    "templates": {
        "ListTemplates": "list_templates",
        "ListTemplateVersions": "list_template_versions",
        "UpdateTemplateActiveVersion": "update_template_active_version",
    },
    "messages": {"SendMessages": "send_messages"},
    "users_messages": {"SendUsersMessages": "send_users_messages"},
    "phone_numbers": {"PhoneNumberValidate": "phone_number_validate"},
    "otp": {"SendOTPMessage": "send_otp_message", "VerifyOTPMessage": "verify_otp_message"},
    "events": {"PutEvents": "put_events"},
    "event_stream": {
        "PutEventStream": "put_event_stream",
        "GetEventStream": "get_event_stream",
        "DeleteEventStream": "delete_event_stream",
    },
}

_FUNCTIONS: Final = {
    operation: (f"engine.operations.{module}", function)
    for module, functions in _BY_MODULE.items()
    for operation, function in functions.items()
}

SERVED: Final = frozenset(_FUNCTIONS)


def find_operation(name: str) -> Handler | None:
    """The function of an operation, None if this engine does not serve it."""
    if name not in _FUNCTIONS:
        return None
    module, function = _FUNCTIONS[name]
    handler: Handler = getattr(import_module(module), function)
    return handler
