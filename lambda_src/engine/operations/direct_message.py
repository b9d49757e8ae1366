"""The message of a direct request, channel by channel."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from engine.context import Context
from engine.errors import BadRequest, NotYetImplemented
from engine.operations.direct_email import direct_email
from engine.operations.direct_sms import direct_sms
from engine.operations.direct_voice import direct_voice
from engine.operations.recipients import Recipient
from engine.senders.outcome import SendOutcome
from engine.store import Document


class DirectMessage(Protocol):
    """A message of one channel, to be filled for each recipient."""

    def send(self, context: Context, recipient: Recipient, *, application_id: str, run: str) -> SendOutcome:
        """Send it to one recipient; `RenderingError` if one of its variables has no value."""
        ...


@dataclass(frozen=True)
class _Unsendable:
    """What a `DefaultMessage` cannot be on some channel, such as a call that nobody makes."""

    reason: str

    def send(
        self,
        context: Context,  # noqa: ARG002
        recipient: Recipient,  # noqa: ARG002
        *,
        application_id: str,  # noqa: ARG002
        run: str,  # noqa: ARG002
    ) -> SendOutcome:
        return SendOutcome("PERMANENT_FAILURE", 400, self.reason)


@dataclass(frozen=True)
class _Channel:
    message: str
    template: str
    read: Callable[[Context, str, Document], DirectMessage]


SERVED: Final[Mapping[str, _Channel]] = {
    "EMAIL": _Channel("EmailMessage", "EmailTemplate", direct_email),
    "SMS": _Channel("SMSMessage", "SMSTemplate", direct_sms),
    "VOICE": _Channel("VoiceMessage", "VoiceTemplate", direct_voice),
}


def message_channels(message_request: Document) -> frozenset[str]:
    """The channels that a request has a message for.

    Args:
        message_request: A `MessageRequest` or a `SendUsersMessageRequest`.

    Raises:
        BadRequest: There is no message in it.
        NotYetImplemented: This engine serves none of its messages.
    """
    own = _own_channels(message_request)
    if "DefaultMessage" in message_request["MessageConfiguration"]:
        return frozenset(SERVED)
    if own:
        return own
    asked = sorted(
        [*message_request["MessageConfiguration"], *message_request.get("TemplateConfiguration", {})]
    )
    if asked:
        raise NotYetImplemented(
            f"MessageRequest: {', '.join(asked)} is not served by this engine yet: e-mail, SMS and voice are"
        )
    raise BadRequest("MessageRequest.MessageConfiguration has no message")


def direct_messages(
    context: Context, application_id: str, message_request: Document, channels: Iterable[str]
) -> dict[str, DirectMessage]:
    """The messages for some of the request's channels.

    Raises:
        BadRequest: A message that the request has for a channel cannot be sent to anybody.
        NotFound: A template does not exist.
    """
    own = _own_channels(message_request)
    messages: dict[str, DirectMessage] = {}
    for channel in sorted(channels):
        try:
            messages[channel] = SERVED[channel].read(context, application_id, message_request)
        except BadRequest as error:
            if channel in own:
                raise
            messages[channel] = _Unsendable(error.message)
    return messages


def _own_channels(message_request: Document) -> frozenset[str]:
    configuration = message_request["MessageConfiguration"]
    templates = message_request.get("TemplateConfiguration", {})
    return frozenset(
        name
        for name, channel in SERVED.items()
        if channel.message in configuration or channel.template in templates
    )
