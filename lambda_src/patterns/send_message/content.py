"""What is sent, apart from whom to: a template, a message of the API, or a template with the rest of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.model import ServiceModel
from botocore.validate import ParamValidator

PUSH: Final = "PUSH"
PUSH_CHANNELS: Final = frozenset(
    {"GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU"}
)
CHANNELS: Final = ("EMAIL", "SMS", "VOICE", PUSH)
_TEMPLATE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


class Malformed(Exception):
    """A request that can never be worked on; the text says why, and quotes nothing personal."""


@dataclass(frozen=True)
class _Members:
    """What the API calls the messages of a channel, and which of its members hold something to send."""

    message: str
    template: str
    contents: tuple[str, ...]


_MEMBERS: Final = {
    "EMAIL": _Members("EmailMessage", "EmailTemplate", ("Body", "SimpleEmail", "RawEmail")),
    "SMS": _Members("SMSMessage", "SMSTemplate", ("Body",)),
    "VOICE": _Members("VoiceMessage", "VoiceTemplate", ("Body",)),
    PUSH: _Members("DefaultPushNotificationMessage", "PushTemplate", ("Body", "Data", "SilentPush")),
}


@dataclass(frozen=True)
class Content:
    """The members of a SendMessages request that say what is sent.

    Attributes:
        configuration: `MessageConfiguration`.
        template: `TemplateConfiguration`, empty without a template.
        key: The same for the same content: recipients of several requests may share a call.
    """

    configuration: Mapping[str, Any]
    template: Mapping[str, Any]
    key: str


def content(channel: str, document: Mapping[str, Any], model: ServiceModel) -> Content:
    """The content of a request, checked by the API's model.

    Args:
        channel: One of `CHANNELS`.
        document: The request.
        model: botocore's of Pinpoint.

    Raises:
        Malformed: There is nothing to send, or it is not what the API takes.
    """
    members = _MEMBERS[channel]
    template = _template(document.get("template"))
    message = document.get("message", {})
    if not isinstance(message, Mapping):
        raise Malformed(f"message must be an object: {members.message} of the API")
    _check(message, members.message, model)
    if not template and not any(message.get(name) for name in members.contents):
        raise Malformed(
            f"there is nothing to send: give a template, or a message with {' or '.join(members.contents)}"
        )
    configuration = {members.message: dict(message)}
    chosen = {members.template: template} if template else {}
    key = json.dumps([configuration, chosen], sort_keys=True)
    return Content(configuration, chosen, key)


def _template(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or value.keys() - {"name", "version"}:
        raise Malformed("template must be an object with a name, and a version if not the active one")
    name, version = value.get("name"), value.get("version", "")
    if not isinstance(name, str) or not _TEMPLATE_NAME.fullmatch(name):
        raise Malformed("template.name must be 1 to 128 letters, digits, - and _, beginning with no sign")
    if not isinstance(version, str):
        raise Malformed('template.version must be a text, such as "2"')
    return {"Name": name, "Version": version} if version else {"Name": name}


def _check(message: Mapping[str, Any], shape: str, model: ServiceModel) -> None:
    report = ParamValidator().validate(message, model.shape_for(shape))
    if report.has_errors():
        # What follows quotes the value.
        found = report.generate_report().partition(", value:")[0].partition("\n")[0]
        raise Malformed(f"message is no {shape}: {found[:300]}")
