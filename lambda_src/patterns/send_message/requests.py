"""What a producer puts into the queue: one message to any number of recipients.

    request = MessageRequest(
        request_id="order-4711",
        channel="EMAIL",
        template=Template("order-shipped"),
        recipients=[Recipient(user_id="u-17", substitutions={"Parcel": ["00340"]})],
    )
    sqs.send_message(QueueUrl=queue_url, MessageBody=request.to_json())

Nothing here needs anything but Python: the file may be copied into a producer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recipient:
    """One recipient: an address, or an endpoint of the project, or all endpoints of a user on the channel.

    Attributes:
        address: An e-mail address, a phone number in E.164 form, or a push token.
        channel: The channel type of a push token, such as `GCM`; else that of the request.
        endpoint_id: In place of an address.
        user_id: In place of an address.
        substitutions: Values of the message's variables for this recipient, each a list of texts.
        context: Passed on to the result and to the receipts, beside that of the request.
    """

    address: str = ""
    channel: str = ""
    endpoint_id: str = ""
    user_id: str = ""
    substitutions: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    context: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_document(self) -> dict[str, Any]:
        """The recipient as it stands in a request."""
        return _without_empty(asdict(self))

    def to_line(self) -> str:
        """The recipient as a line of a file of recipients."""
        return json.dumps(self.to_document())


@dataclass(frozen=True)
class Template:
    """A message template by name; the active version if none is said."""

    name: str
    version: str = ""


@dataclass(frozen=True)
class RecipientsFile:
    """An object of the sender's bucket with a recipient a line, for more than fit a message of the queue.

    Attributes:
        key: Below `recipients/`.
        version_id: The one that is there when work begins, if none is said.
    """

    key: str
    version_id: str = ""


@dataclass(frozen=True)
class MessageRequest:
    """One message to its recipients.

    Attributes:
        request_id: 1 to 128 letters, digits and `._:-`. Nothing is sent twice under the same one.
        channel: `EMAIL`, `SMS`, `VOICE`, or `PUSH` where the sender has it.
        recipients: Any number that fits 1 MiB; or
        recipients_file: Where they are.
        template: What is sent; or
        message: `EmailMessage`, `SMSMessage`, `VoiceMessage` or `DefaultPushNotificationMessage` of the API.
            Beside a template it says the rest, such as the sender.
        substitutions: Values for every recipient that has none of its own.
        context: Passed on to the results and to the receipts.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html.
    """

    request_id: str
    channel: str
    recipients: Sequence[Recipient] = ()
    recipients_file: RecipientsFile | None = None
    template: Template | None = None
    message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    substitutions: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    context: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> str:
        """The body of the message for the queue."""
        document: dict[str, Any] = {
            "request_id": self.request_id,
            "channel": self.channel,
            "recipients": [recipient.to_document() for recipient in self.recipients],
            "recipients_file": _without_empty(asdict(self.recipients_file)) if self.recipients_file else None,
            "template": _without_empty(asdict(self.template)) if self.template else None,
            "message": dict(self.message),
            "substitutions": {name: list(values) for name, values in self.substitutions.items()},
            "context": dict(self.context),
        }
        return json.dumps(_without_empty(document))


def _without_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value}
