"""Text messages by AWS End User Messaging, one message to one recipient.

See https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.context import Context
from engine.senders.outcome import SendOutcome
from engine.senders.phone import correlation, is_phone_number, send_by_phone
from engine.senders.safety import why_text_held_back
from engine.store import address_hash

MAX_CHARACTERS: Final = 1_600


@dataclass(frozen=True)
class SmsToSend:
    """A rendered text message.

    Attributes:
        application_id: On whose behalf.
        run: The activity or request it belongs to; with `claim` it lets a receipt find the endpoint.
        address: The recipient's phone number.
        body: The text.
        endpoint_id: The endpoint; empty for a bare address.
        origination: A number, sender id or pool of the account, by id or ARN; End User Messaging chooses
            where there is none.
        message_type: `TRANSACTIONAL` or `PROMOTIONAL`.
        keyword: The keyword of the origination number's programme.
        country_parameters: What a country's regulator wants, such as `IN_ENTITY_ID`.
    """

    application_id: str
    run: str
    address: str
    body: str
    endpoint_id: str = ""
    origination: str | None = None
    message_type: str | None = None
    keyword: str | None = None
    country_parameters: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def claim(self) -> str:
        """The address as the ledger and the message's context know it."""
        return address_hash("SMS", self.address)


def send_sms(context: Context, sms: SmsToSend) -> SendOutcome:
    """Hand one text message over; never raises for what the service answers."""
    if not is_phone_number(sms.address):
        return SendOutcome("PERMANENT_FAILURE", 400, "the address is not a phone number in E.164 form")
    if not 0 < len(sms.body.strip()) <= len(sms.body) <= MAX_CHARACTERS:
        problem = f"a text message must have 1 to {MAX_CHARACTERS} characters, this one has {len(sms.body)}"
        return SendOutcome("PERMANENT_FAILURE", 400, problem)
    reason = why_text_held_back(context, sms.address)
    if reason is not None:
        return SendOutcome("PERMANENT_FAILURE", 403, reason, held_back=True)
    return send_by_phone(context, "send_text_message", _request(sms))


def _request(sms: SmsToSend) -> dict[str, Any]:
    optional = {
        "OriginationIdentity": sms.origination,
        "MessageType": sms.message_type,
        "Keyword": sms.keyword,
        "DestinationCountryParameters": dict(sms.country_parameters),
    }
    return {
        "DestinationPhoneNumber": sms.address,
        "MessageBody": sms.body,
        "Context": correlation(sms.application_id, sms.run, sms.claim, sms.endpoint_id),
        **{name: value for name, value in optional.items() if value},
    }
