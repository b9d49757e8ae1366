"""Sending: one message to one number."""

import uuid
from typing import Any, Final

from embedded.sms_voice.account import Account, Identity
from embedded.sms_voice.errors import Conflict, Invalid, Throttled
from embedded.sms_voice.messages import Message
from embedded.sms_voice.operations.opt_outs import e164
from embedded.sms_voice.outcomes import Kind
from embedded.sms_voice.pace import CALLS_A_MINUTE, DRY_RUNS, PARTS_PER_SECOND, SENDER_ID
from embedded.sms_voice.parts import Measured, measure
from embedded.sms_voice.resources import PhoneNumber, name_of
from embedded.sms_voice.routing import Origin, origin_of
from embedded.sms_voice.simulator_numbers import country_of

_Facts = dict[str, Any]
_CAPABILITIES: Final[dict[Kind, str]] = {"TEXT": "SMS", "MEDIA": "MMS", "VOICE": "VOICE"}
# US dollars for a part, a media message or a minute: one price for all, none of AWS's.
_PRICES: Final[dict[Kind, float]] = {"TEXT": 0.00581, "MEDIA": 0.0195, "VOICE": 0.013}
_LONGEST_TEXT_TO_SPEAK: Final = 3000


def text_message(account: Account, request: _Facts) -> Message:
    """The text message that a request asks for.

    Raises:
        Conflict: The number is opted out, or nobody can send to it.
        Invalid: It may not be sent so.
        NotFound: A resource that is named does not exist.
        Throttled: The sender has sent as much as it may this second.
    """
    if "MessageBody" not in request:
        raise Invalid("MISSING_PARAMETER", "MessageBody is needed")
    return _message(account, request, "TEXT", request.get("MaxPrice"))


def media_message(account: Account, request: _Facts) -> Message:
    """The media message that a request asks for; refused as a text is."""
    if not {"MessageBody", "MediaUrls"} & request.keys():
        raise Invalid("MISSING_PARAMETER", "MessageBody or MediaUrls is needed")
    return _message(account, request, "MEDIA", request.get("MaxPrice"))


def voice_message(account: Account, request: _Facts) -> Message:
    """The call that a request asks for; refused as a text is, except that opt-outs are of texts."""
    body = request.get("MessageBody", "")
    if not body:
        raise Invalid("MISSING_PARAMETER", "MessageBody is needed")
    if request.get("MessageBodyTextType", "TEXT") == "TEXT" and len(body) > _LONGEST_TEXT_TO_SPEAK:
        raise Invalid(
            "MAXIMUM_SIZE_EXCEEDED", f"MessageBody has at most {_LONGEST_TEXT_TO_SPEAK} characters of text"
        )
    return _message(account, request, "VOICE", request.get("MaxPricePerMinute"))


def _message(account: Account, request: _Facts, kind: Kind, most: str | None) -> Message:
    destination = e164(request["DestinationPhoneNumber"])
    reference = request.get("ConfigurationSetName")
    configuration_set = account.configuration_set(reference) if reference else None
    origin = origin_of(account, request, destination, _CAPABILITIES[kind], configuration_set)
    sender = origin.identity
    if kind != "VOICE":
        _require_opted_in(account, origin, destination)
    if most is not None and float(most) < _PRICES[kind]:
        raise Invalid("PRICE_OVER_THRESHOLD", f"The price is {_PRICES[kind]} US dollars, over {most}")
    measured = measure(request.get("MessageBody", "")) if kind == "TEXT" else Measured("GSM", 1)
    _keep_pace(account, sender, kind, measured.parts, is_dry=request.get("DryRun", False))
    default = configuration_set.message_type if configuration_set else ""
    country = country_of(destination)
    return Message(
        id=str(uuid.uuid4()),
        kind=kind,
        destination=destination,
        origination=sender.number if isinstance(sender, PhoneNumber) else sender.name,
        origination_id=name_of(sender.arn),
        country=country,
        is_international=isinstance(sender, PhoneNumber) and sender.country != country,
        body=request.get("MessageBody", ""),
        encoding=measured.encoding,
        parts=measured.parts,
        price=round(_PRICES[kind] * measured.parts, 5),
        message_type=request.get("MessageType") or default or _own_type(sender),
        at=account.clock(),
        configuration_set=configuration_set.name if configuration_set else "",
        context=request.get("Context", {}),
        media=tuple(request.get("MediaUrls", ())),
    )


def _require_opted_in(account: Account, origin: Origin, destination: str) -> None:
    opt_out_list = origin.settings.opt_out_list
    if destination in account.opted_out[opt_out_list]:
        raise Conflict(
            "DESTINATION_PHONE_NUMBER_OPTED_OUT",
            f"The destination is on the opt-out list {opt_out_list}",
            "opted-out-number",
            destination,
        )


def _keep_pace(account: Account, sender: Identity, kind: Kind, parts: int, *, is_dry: bool) -> None:
    if is_dry:
        taken = account.pace.take("dry runs", 1, rate=DRY_RUNS)
    elif kind == "VOICE":
        taken = account.pace.take("calls", 1, rate=CALLS_A_MINUTE / 60, room=CALLS_A_MINUTE)
    else:
        rate = sender.rate if isinstance(sender, PhoneNumber) else PARTS_PER_SECOND[SENDER_ID]
        taken = account.pace.take(sender.arn, parts, rate=rate)
    if not taken:
        raise Throttled(f"Rate exceeded for {name_of(sender.arn)}")


def _own_type(sender: Identity) -> str:
    return sender.message_type if isinstance(sender, PhoneNumber) else sender.message_types[0]
