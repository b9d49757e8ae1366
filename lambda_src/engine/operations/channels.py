"""An application's channels: e-mail, SMS and voice; each is one document.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from engine.context import Context, iso
from engine.errors import BadRequest
from engine.operations.apps import require_application, require_part
from engine.operations.documents import channel_key, public
from engine.operations.registry import Request
from engine.store import Document, Item, Put

_IDENTITY: Final = re.compile(r"arn:[^:]+:ses:[^:]+:\d{12}:identity/.+")
_ADDRESS: Final = re.compile(r"([^<>]*<)?[^@\s<>]+@[^@\s<>]+>?")
_SENDER_ID: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,11}")
_SETTABLE: Final = {
    "EMAIL": ("ConfigurationSet", "FromAddress", "Identity", "RoleArn", "OrchestrationSendingRoleArn"),
    "SMS": ("SenderId", "ShortCode"),
    "VOICE": (),
}
_WORDS: Final = {"EMAIL": "e-mail", "SMS": "SMS", "VOICE": "voice"}


def get_channels(context: Context, request: Request) -> dict[str, Any]:
    """GetChannels: what the application has, by type."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    keys = {channel_key(application_id, channel_type): channel_type for channel_type in _SETTABLE}
    found = context.store.get_many(keys)
    return {"Channels": {keys[key]: public(item) for key, item in found.items()}}


def get_email_channel(context: Context, request: Request) -> dict[str, Any]:
    """GetEmailChannel."""
    return public(_require(context, request, "EMAIL"))


def update_email_channel(context: Context, request: Request) -> dict[str, Any]:
    """UpdateEmailChannel: enables the channel, or changes it."""
    write = request["EmailChannelRequest"]
    if not _IDENTITY.fullmatch(write["Identity"]):
        raise BadRequest("EmailChannelRequest.Identity must be the ARN of an SES identity")
    if not _ADDRESS.fullmatch(write["FromAddress"]):
        raise BadRequest("EmailChannelRequest.FromAddress must be an e-mail address")
    return _put(context, request, "EMAIL", write)


def delete_email_channel(context: Context, request: Request) -> dict[str, Any]:
    """DeleteEmailChannel: answers with the channel as it was."""
    return _delete(context, request, "EMAIL")


def get_sms_channel(context: Context, request: Request) -> dict[str, Any]:
    """GetSmsChannel."""
    return public(_require(context, request, "SMS"))


def update_sms_channel(context: Context, request: Request) -> dict[str, Any]:
    """UpdateSmsChannel: enables the channel, or changes from whom its messages are."""
    write = request["SMSChannelRequest"]
    if write.get("SenderId") and not _SENDER_ID.fullmatch(write["SenderId"]):
        raise BadRequest(
            "SMSChannelRequest.SenderId must have 1 to 11 letters, digits, - or _, at least one a letter"
        )
    return _put(context, request, "SMS", write)


def delete_sms_channel(context: Context, request: Request) -> dict[str, Any]:
    """DeleteSmsChannel: answers with the channel as it was."""
    return _delete(context, request, "SMS")


def get_voice_channel(context: Context, request: Request) -> dict[str, Any]:
    """GetVoiceChannel."""
    return public(_require(context, request, "VOICE"))


def update_voice_channel(context: Context, request: Request) -> dict[str, Any]:
    """UpdateVoiceChannel: enables the channel, or disables it."""
    return _put(context, request, "VOICE", request["VoiceChannelRequest"])


def delete_voice_channel(context: Context, request: Request) -> dict[str, Any]:
    """DeleteVoiceChannel: answers with the channel as it was."""
    return _delete(context, request, "VOICE")


def usable_channel(context: Context, application_id: str, channel_type: str) -> Document:
    """The settings of a channel that may be sent through; empty if the application has none.

    Raises:
        BadRequest: The channel is there and disabled.
    """
    item = context.store.get(channel_key(application_id, channel_type))
    channel: Document = public(item) if item is not None else {}
    if channel and not channel["Enabled"]:
        raise BadRequest(f"the application's {_WORDS[channel_type]} channel is disabled")
    return channel


def _put(context: Context, request: Request, channel_type: str, write: Mapping[str, Any]) -> dict[str, Any]:
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    key = channel_key(application_id, channel_type)
    item = context.store.get(key)
    stored: Document = item.doc if item is not None else {}
    moment = iso(context.now())
    document: Document = {
        **{name: write[name] for name in _SETTABLE[channel_type] if name in write},
        "ApplicationId": application_id,
        "Id": channel_type.lower(),
        "Platform": channel_type,
        "CreationDate": stored.get("CreationDate", moment),
        "LastModifiedDate": moment,
        "Enabled": write.get("Enabled", True),
        "HasCredential": True,
        "IsArchived": False,
        "Version": stored.get("Version", 0) + 1,
    }
    context.store.put(Put(key, document))
    return document


def _delete(context: Context, request: Request, channel_type: str) -> dict[str, Any]:
    item = _require(context, request, channel_type)
    context.store.delete(item.key)
    return public(item)


def _require(context: Context, request: Request, channel_type: str) -> Item:
    application_id = request["ApplicationId"]
    key = channel_key(application_id, channel_type)
    return require_part(context, application_id, key, f"{_WORDS[channel_type]} channel")
