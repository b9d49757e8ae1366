"""What an application has one of: its settings, its event stream, a channel of each type.

Their physical id is the application's, so a resource that moved to another logical id has the same
one as its predecessor. A note says whose it is now, and only the owner's deletion removes it.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Pinpoint.html
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from engine.errors import NotFound
from engine.provider.lifecycle import Call, Kind, Made
from engine.store import Key, Put

_OUTSIDE: Final = frozenset({"ApplicationId"})
_SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {"CampaignHook": {}, "Limits": {}, "QuietTime": {}}


def _write_settings(call: Call, application_id: str) -> None:
    # What the template no longer has goes back to nothing.
    body = {**_SETTINGS, **call.body("WriteApplicationSettingsRequest", outside=_OUTSIDE)}
    call.perform(
        "UpdateApplicationSettings", ApplicationId=application_id, WriteApplicationSettingsRequest=body
    )


def _clear_settings(call: Call, application_id: str) -> None:
    call.perform(
        "UpdateApplicationSettings",
        ApplicationId=application_id,
        WriteApplicationSettingsRequest=dict(_SETTINGS),
    )


def _write_event_stream(call: Call, application_id: str) -> None:
    body = call.body("WriteEventStream", outside=_OUTSIDE)
    call.perform("PutEventStream", ApplicationId=application_id, WriteEventStream=body)


def _remove_event_stream(call: Call, application_id: str) -> None:
    call.perform("DeleteEventStream", ApplicationId=application_id)


def _channel(name: str) -> Kind:
    """A channel.

    Args:
        name: As operations have it: `Email` for `UpdateEmailChannel`.
    """
    request = {"Sms": "SMSChannelRequest"}.get(name, f"{name}ChannelRequest")

    def write(call: Call, application_id: str) -> None:
        body = {request: call.body(request, outside=_OUTSIDE)}
        call.perform(f"Update{name}Channel", ApplicationId=application_id, **body)

    def remove(call: Call, application_id: str) -> None:
        call.perform(f"Delete{name}Channel", ApplicationId=application_id)

    return _one_each(write, remove)


def _one_each(write: Callable[[Call, str], None], remove: Callable[[Call, str], None]) -> Kind:
    def put(call: Call) -> Made:
        application_id = call.text("ApplicationId")
        write(call, application_id)
        call.context.store.put(Put(_owner_key(call, application_id), _owner(call)))
        return Made(application_id)

    def delete(call: Call) -> None:
        application_id = call.event.physical_id
        key = _owner_key(call, application_id)
        owner = call.context.store.get(key)
        if owner is None or owner.doc != _owner(call):
            return
        with suppress(NotFound):
            remove(call, application_id)
        call.context.store.delete(key)

    return Kind(put, put, delete)


def _owner_key(call: Call, application_id: str) -> Key:
    return Key(f"APP#{application_id}", f"OWNER#{call.event.kind}")


def _owner(call: Call) -> dict[str, Any]:
    return {"StackId": call.event.stack_id, "LogicalResourceId": call.event.logical_id}


APPLICATION_SETTINGS = _one_each(_write_settings, _clear_settings)
EVENT_STREAM = _one_each(_write_event_stream, _remove_event_stream)
EMAIL_CHANNEL = _channel("Email")
SMS_CHANNEL = _channel("Sms")
VOICE_CHANNEL = _channel("Voice")
