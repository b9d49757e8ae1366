"""An application's e-mail channel: who its mail is from, and by which role.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-email.html
"""

import re
from typing import Any, Final

from engine.context import Context, iso
from engine.errors import BadRequest
from engine.operations.apps import require_application, require_part
from engine.operations.documents import email_channel_key, public
from engine.operations.registry import Request
from engine.store import Document, Item, Put

_IDENTITY: Final = re.compile(r"arn:[^:]+:ses:[^:]+:\d{12}:identity/.+")
_ADDRESS: Final = re.compile(r"([^<>]*<)?[^@\s<>]+@[^@\s<>]+>?")
_SETTABLE: Final = (
    "ConfigurationSet",
    "Enabled",
    "FromAddress",
    "Identity",
    "RoleArn",
    "OrchestrationSendingRoleArn",
)


def get_email_channel(context: Context, request: Request) -> dict[str, Any]:
    """GetEmailChannel."""
    return public(_require(context, request["ApplicationId"]))


def update_email_channel(context: Context, request: Request) -> dict[str, Any]:
    """UpdateEmailChannel: enables the channel, or changes it."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    write = request["EmailChannelRequest"]
    if not _IDENTITY.fullmatch(write["Identity"]):
        raise BadRequest("EmailChannelRequest.Identity must be the ARN of an SES identity")
    if not _ADDRESS.fullmatch(write["FromAddress"]):
        raise BadRequest("EmailChannelRequest.FromAddress must be an e-mail address")
    item = context.store.get(email_channel_key(application_id))
    stored: Document = item.doc if item is not None else {}
    moment = iso(context.now())
    document: Document = {
        **{name: write[name] for name in _SETTABLE if name in write},
        "ApplicationId": application_id,
        "Id": "email",
        "Platform": "EMAIL",
        "CreationDate": stored.get("CreationDate", moment),
        "LastModifiedDate": moment,
        "Enabled": write.get("Enabled", True),
        "HasCredential": True,
        "IsArchived": False,
        "Version": stored.get("Version", 0) + 1,
    }
    context.store.put(Put(email_channel_key(application_id), document))
    return document


def delete_email_channel(context: Context, request: Request) -> dict[str, Any]:
    """DeleteEmailChannel: answers with the channel as it was."""
    item = _require(context, request["ApplicationId"])
    context.store.delete(item.key)
    return public(item)


def _require(context: Context, application_id: str) -> Item:
    return require_part(context, application_id, email_channel_key(application_id), "e-mail channel")
