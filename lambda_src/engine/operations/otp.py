"""One-time passwords: SendOTPMessage, VerifyOTPMessage.

Only a salted digest of a code is kept, and no longer than the code is good for. The code itself is in the
text message and nowhere else: in no log, queue or event.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from engine import choices
from engine.context import Context
from engine.errors import BadRequest, TooManyRequests
from engine.operations.apps import require_application
from engine.operations.channels import usable_channel
from engine.operations.direct_send import result
from engine.operations.otp_texts import TEXTS
from engine.operations.registry import Request
from engine.senders.sms import SmsToSend, send_sms
from engine.store import Key, Put, TransactionLost

_PARAMETERS: Final = "SendOTPMessageRequestParameters"
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_MAX_BRAND: Final = 20
_MAX_REFERENCE: Final = 48
# Member: least and most.
_NUMBERS: Final = {"CodeLength": (5, 8), "ValidityPeriod": (5, 60), "AllowedAttempts": (1, 5)}
_RACES: Final = 10


def send_otp_message(context: Context, request: Request) -> dict[str, Any]:
    """SendOTPMessage: a new code for the same reference and destination replaces the former one."""
    application_id, parameters = request["ApplicationId"], request[_PARAMETERS]
    require_application(context, application_id)
    parameters = _defaults() | parameters
    _check(parameters)
    usable_channel(context, application_id, "SMS")
    destination: str = parameters["DestinationIdentity"]
    code = "".join(secrets.choice("0123456789") for _ in range(parameters["CodeLength"]))
    _keep(context, _key(application_id, parameters), code, parameters)
    request_id = context.new_id()
    text = TEXTS[parameters["Language"]]
    names = {"IN_ENTITY_ID": parameters.get("EntityId"), "IN_TEMPLATE_ID": parameters.get("TemplateId")}
    sms = SmsToSend(
        application_id=application_id,
        run=request_id,
        address=destination,
        body=text.format(code=code, brand=parameters["BrandName"], minutes=parameters["ValidityPeriod"]),
        origination=parameters["OriginationIdentity"],
        message_type="TRANSACTIONAL",
        country_parameters={name: value for name, value in names.items() if value},
    )
    return {
        "ApplicationId": application_id,
        "RequestId": request_id,
        "Result": {destination: result(send_sms(context, sms))},
    }


def verify_otp_message(context: Context, request: Request) -> dict[str, Any]:
    """VerifyOTPMessage: a code is good once, for so long, and for so many attempts.

    Each attempt is counted by a write that only succeeds on what was read, so that attempts at the same
    moment cannot share a count.
    """
    application_id = request["ApplicationId"]
    parameters = request["VerifyOTPMessageRequestParameters"]
    require_application(context, application_id)
    key = _key(application_id, parameters)
    for _ in range(_RACES):
        item = context.store.get(key)
        now = int(context.now().timestamp())
        if item is None or item.doc["Expires"] <= now or item.doc["Attempts"] <= 0:
            return {"Valid": False}
        valid = hmac.compare_digest(_digest(parameters["Otp"], item.doc["Salt"]), item.doc["Digest"])
        # An entry that is used up stays: removed, it could be written anew with the version it had.
        left = 0 if valid else item.doc["Attempts"] - 1
        try:
            context.store.put(
                Put(key, item.doc | {"Attempts": left}, expected=item.version, ttl=item.doc["Expires"])
            )
        except TransactionLost:
            continue
        return {"Valid": valid}
    raise TooManyRequests("the code was tried by others on every attempt: try again")


def _keep(context: Context, key: Key, code: str, parameters: Mapping[str, Any]) -> None:
    salt = secrets.token_hex(16)
    expires = int(context.now().timestamp()) + parameters["ValidityPeriod"] * 60
    document = {
        "Salt": salt,
        "Digest": _digest(code, salt),
        "Expires": expires,
        "Attempts": parameters["AllowedAttempts"],
    }
    for _ in range(_RACES):
        former = context.store.get(key)
        version = 0 if former is None else former.version
        try:
            context.store.put(Put(key, document, expected=version, ttl=expires))
        except TransactionLost:
            continue
        return
    raise TooManyRequests("a code for this reference was asked for by others on every attempt: try again")


def _digest(code: str, salt: str) -> str:
    """Slow on purpose: a million codes are tried in no time otherwise."""
    return hashlib.scrypt(code.encode(errors="replace"), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()


def _key(application_id: str, parameters: Mapping[str, str]) -> Key:
    name = f"{parameters['ReferenceId']}\n{parameters['DestinationIdentity']}"
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()
    return Key(f"OTP#{application_id}#{digest[:2]}", digest)


def _defaults() -> dict[str, Any]:
    return {
        "CodeLength": choices.OTP_CODE_LENGTH,
        "ValidityPeriod": choices.OTP_MINUTES,
        "AllowedAttempts": choices.OTP_ATTEMPTS,
        "Language": choices.OTP_LANGUAGE,
    }


def _check(parameters: Mapping[str, Any]) -> None:
    for name, (least, most) in _NUMBERS.items():
        value = parameters[name]
        if not least <= value <= most:
            raise BadRequest(f"{_PARAMETERS}.{name} must be {least} to {most}, got {value}")
    for name, longest in (("BrandName", _MAX_BRAND), ("ReferenceId", _MAX_REFERENCE)):
        length = len(parameters[name])
        if not 1 <= length <= longest:
            raise BadRequest(f"{_PARAMETERS}.{name} must have 1 to {longest} characters, got {length}")
    if parameters["Channel"] != "SMS":
        raise BadRequest(f"{_PARAMETERS}.Channel must be SMS, got {parameters['Channel'][:20]!r}")
    if not _E164.fullmatch(parameters["DestinationIdentity"]):
        raise BadRequest(f"{_PARAMETERS}.DestinationIdentity must be a phone number in E.164 form")
    if not parameters["OriginationIdentity"]:
        raise BadRequest(f"{_PARAMETERS}.OriginationIdentity is required")
    language: str = parameters["Language"]
    if language not in TEXTS:
        raise BadRequest(f"{_PARAMETERS}.Language must be one of {', '.join(TEXTS)}, got {language[:20]!r}")
