"""One request of CloudFormation, served: found, begun once, answered whatever happens."""

import traceback
from typing import Final

from engine.context import Context
from engine.errors import PinpointError
from engine.provider.answer import Answer
from engine.provider.event import Event
from engine.provider.kinds.app import APP
from engine.provider.kinds.campaign import CAMPAIGN
from engine.provider.kinds.grant import GRANT
from engine.provider.kinds.segment import SEGMENT
from engine.provider.kinds.settings import (
    APPLICATION_SETTINGS,
    EMAIL_CHANNEL,
    EVENT_STREAM,
    SMS_CHANNEL,
    VOICE_CHANNEL,
)
from engine.provider.kinds.template import EMAIL_TEMPLATE, SMS_TEMPLATE
from engine.provider.lifecycle import Kind, Made, begin
from engine.store import Key, Put, TransactionLost
from pinpoint_runtime.logger import logger

_log = logger(__name__)

KINDS: Final = {
    "App": APP,
    "ApplicationSettings": APPLICATION_SETTINGS,
    "Campaign": CAMPAIGN,
    "EmailChannel": EMAIL_CHANNEL,
    "EmailTemplate": EMAIL_TEMPLATE,
    "EventStream": EVENT_STREAM,
    "Grant": GRANT,
    "SMSChannel": SMS_CHANNEL,
    "Segment": SEGMENT,
    "SmsTemplate": SMS_TEMPLATE,
    "VoiceChannel": VOICE_CHANNEL,
}
# Marks what failed to be made: when CloudFormation rolls back, nothing is behind it to be deleted.
_NEVER_MADE: Final = "never-made:"
_DAY_SECONDS: Final = 86_400


def serve(context: Context, event: Event) -> Answer:
    """Do what is asked for; a failure is an answer with the reason, and never holds a property."""
    try:
        made = _serve(context, event)
    except PinpointError as error:
        _log.warning("refused", extra=_about(event) | {"error": type(error).__name__})
        return _failed(event, error.message)
    except Exception as error:  # noqa: BLE001 - the edge: CloudFormation waits an hour for an answer
        frames = "".join(traceback.format_tb(error.__traceback__)[-4:])
        _log.error("failed", extra=_about(event) | {"error": type(error).__name__, "at": frames})
        return _failed(event, f"the engine failed ({type(error).__name__}); its provider's log says where")
    _log.info("done", extra=_about(event))
    return Answer(True, made.physical_id, made.attributes)


def _serve(context: Context, event: Event) -> Made:
    if event.request_type == "Delete" and _never_made(event.physical_id):
        return Made(event.physical_id)
    kind = _kind(event)
    call = begin(context, event, repeated=_begun_before(context, event))
    match event.request_type:
        case "Create":
            return kind.create(call)
        case "Update":
            return kind.update(call)
        case "Delete":
            kind.delete(call)
            return Made(event.physical_id)
        case other:
            raise PinpointError(f"CloudFormation has no request type {other!r}")


def _never_made(physical_id: str) -> bool:
    return not physical_id or physical_id.startswith(_NEVER_MADE)


def _kind(event: Event) -> Kind:
    if event.kind not in KINDS:
        raise PinpointError(
            f"AWS::Pinpoint::{event.kind} is not served by this engine yet: it serves "
            + ", ".join(f"AWS::Pinpoint::{name}" for name in KINDS if name != "Grant")
        )
    return KINDS[event.kind]


def _begun_before(context: Context, event: Event) -> bool:
    """Whether this request came before: Lambda and CloudFormation both repeat."""
    if event.request_type == "Delete":
        return False
    key = Key(f"PROVIDER#{event.request_id}", f"{event.stack_id}#{event.logical_id}")
    note = Put(key, {}, expected=0, ttl=int(context.now().timestamp()) + _DAY_SECONDS)
    try:
        context.store.put(note)
    except TransactionLost:
        return True
    return False


def _failed(event: Event, reason: str) -> Answer:
    # On an update the former id stays: another one would have CloudFormation delete the resource.
    physical_id = event.physical_id or f"{_NEVER_MADE}{event.request_id}"
    return Answer(False, physical_id, reason=f"{event.logical_id}: {reason}")


def _about(event: Event) -> dict[str, str]:
    return {
        "request_type": event.request_type,
        "kind": event.kind,
        "logical_id": event.logical_id,
        "stack_id": event.stack_id,
        "request_id": event.request_id,
    }
