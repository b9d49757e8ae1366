"""Calls that speak a message, by AWS End User Messaging, one call to one recipient.

See https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendVoiceMessage.html
"""

from dataclasses import dataclass
from typing import Any, Final

from engine import choices
from engine.context import Context
from engine.senders.outcome import SendOutcome
from engine.senders.phone import correlation, is_phone_number, send_by_phone
from engine.senders.safety import why_call_held_back
from engine.store import address_hash

# SSML counts its tags; the service speaks at most half as many characters.
_MAX_CHARACTERS: Final = {"TEXT": 3_000, "SSML": 6_000}


@dataclass(frozen=True)
class VoiceToSend:
    """A rendered script.

    Attributes:
        application_id: On whose behalf.
        run: The request it belongs to.
        address: The recipient's phone number.
        body: The script: plain text, or SSML in a `<speak>` element.
        origination: The number or pool that calls.
        endpoint_id: The endpoint; empty for a bare address.
        voice: The voice, as End User Messaging names it; its own default where there is none.
    """

    application_id: str
    run: str
    address: str
    body: str
    origination: str
    endpoint_id: str = ""
    voice: str | None = None

    @property
    def claim(self) -> str:
        """The address as the ledger and the message's context know it."""
        return address_hash("VOICE", self.address)

    @property
    def text_type(self) -> str:
        """`TEXT` or `SSML`."""
        return "SSML" if is_ssml(self.body) else "TEXT"


def is_ssml(body: str) -> bool:
    """Whether a script is SSML: Pinpoint's API has no member that says so."""
    return choices.SPEAK_MEANS_SSML and body.lstrip().startswith("<speak")


def send_voice(context: Context, voice: VoiceToSend) -> SendOutcome:
    """Hand one call over; never raises for what the service answers."""
    if not is_phone_number(voice.address):
        return SendOutcome("PERMANENT_FAILURE", 400, "the address is not a phone number in E.164 form")
    most = _MAX_CHARACTERS[voice.text_type]
    if not 0 < len(voice.body.strip()) <= len(voice.body) <= most:
        problem = f"a spoken message must have 1 to {most} characters, this one has {len(voice.body)}"
        return SendOutcome("PERMANENT_FAILURE", 400, problem)
    reason = why_call_held_back(context, voice.address)
    if reason is not None:
        return SendOutcome("PERMANENT_FAILURE", 403, reason, held_back=True)
    return send_by_phone(context, "send_voice_message", _request(voice))


def _request(voice: VoiceToSend) -> dict[str, Any]:
    return {
        "DestinationPhoneNumber": voice.address,
        "OriginationIdentity": voice.origination,
        "MessageBody": voice.body,
        "MessageBodyTextType": voice.text_type,
        "Context": correlation(voice.application_id, voice.run, voice.claim, voice.endpoint_id),
        **({"VoiceId": voice.voice} if voice.voice else {}),
    }
