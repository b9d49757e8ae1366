"""The spoken message of a SendMessages request, before anybody's values are filled in."""

from dataclasses import dataclass

from engine.context import Context
from engine.errors import BadRequest
from engine.operations.channels import usable_channel
from engine.operations.message_templates import referenced_template
from engine.operations.recipients import Recipient
from engine.operations.substitutions import Substitutions, substitutions_of
from engine.rendering.template import render
from engine.senders.outcome import SendOutcome
from engine.senders.voice import VoiceToSend, is_ssml, send_voice
from engine.senders.voices import voice_of
from engine.store import Document


@dataclass(frozen=True)
class DirectVoice:
    """A script before it is rendered.

    Attributes:
        body: A template.
        values: What its variables show.
        origination: The number that calls.
        voice: Who speaks, as End User Messaging names it.
    """

    body: str
    values: Substitutions
    origination: str
    voice: str | None

    def send(self, context: Context, recipient: Recipient, *, application_id: str, run: str) -> SendOutcome:
        """Call one recipient.

        Raises:
            RenderingError: A variable has no value: nobody is called.
        """
        body = recipient.configuration.get("BodyOverride") or self.body
        layers = self.values.layers(recipient.configuration, recipient.endpoint)
        voice = VoiceToSend(
            application_id=application_id,
            run=run,
            address=recipient.address,
            # A value is no markup in SSML either.
            body=render(body, layers, html=is_ssml(body), strict=True),
            origination=self.origination,
            endpoint_id=recipient.endpoint_id,
            voice=self.voice,
        )
        return send_voice(context, voice)


def direct_voice(context: Context, application_id: str, message_request: Document) -> DirectVoice:
    """Read the spoken message of a request, its template and the application's voice channel.

    Raises:
        BadRequest: There is nothing to say, nobody who calls, or no such voice; or the channel is disabled.
        NotFound: The template does not exist.
    """
    configuration = message_request["MessageConfiguration"]
    message: Document = configuration.get("VoiceMessage", {})
    usable_channel(context, application_id, "VOICE")
    template = referenced_template(context, "VOICE", message_request, "VoiceTemplate")
    default = configuration.get("DefaultMessage", {}).get("Body")
    body = template.get("Body") if template else message.get("Body") or default
    if not body:
        raise BadRequest("MessageRequest has nothing to say: give VoiceMessage.Body or a VoiceTemplate")
    origination = message.get("OriginationNumber")
    if not origination:
        raise BadRequest(
            "MessageRequest.MessageConfiguration.VoiceMessage.OriginationNumber is required: it names the "
            "number that calls"
        )
    spoken = template if template else message
    voice = voice_of(
        message.get("VoiceId") or spoken.get("VoiceId"),
        message.get("LanguageCode") or spoken.get("LanguageCode"),
    )
    return DirectVoice(body, substitutions_of(configuration, "VoiceMessage", template), origination, voice)
