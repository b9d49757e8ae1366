"""PhoneNumberValidate: what a number's own digits tell.

Nobody is asked: whether a number is in service, and who carries it since it was ported, the digits do not
tell; where a county and a postal code are, neither.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/validate-phone-numbers.html
"""

from typing import Any, Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, carrier, geocoder, timezone

from engine import choices
from engine.context import Context
from engine.errors import BadRequest
from engine.operations.registry import Request

_INVALID: Final = ("INVALID", 3)
_OTHER: Final = ("OTHER", 4)
_TYPES: Final = {
    PhoneNumberType.MOBILE: ("MOBILE", 0),
    PhoneNumberType.FIXED_LINE: ("LANDLINE", 1),
    PhoneNumberType.VOIP: ("VOIP", 2),
}
_NORTH_AMERICA: Final = 1


def phone_number_validate(context: Context, request: Request) -> dict[str, Any]:  # noqa: ARG001
    """PhoneNumberValidate; what is no number is INVALID and no error."""
    asked = request["NumberValidateRequest"]
    original, country = asked.get("PhoneNumber", ""), asked.get("IsoCountryCode", "")
    if not original:
        raise BadRequest("NumberValidateRequest.PhoneNumber is required")
    number = _parsed(original, country.upper())
    kind, code = _INVALID if number is None else _type(number)
    return {
        "OriginalPhoneNumber": original,
        **({"OriginalCountryCodeIso2": country} if country else {}),
        "PhoneType": kind,
        "PhoneTypeCode": code,
        **({} if number is None else _facts(number)),
    }


def _parsed(text: str, country: str) -> PhoneNumber | None:
    """The number; None if there is none of its kind in its country."""
    international = text if text.startswith("+") or country else f"+{text}"
    try:
        number = phonenumbers.parse(international, country or None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _type(number: PhoneNumber) -> tuple[str, int]:
    exchange = str(number.national_number)[3:6]
    if number.country_code == _NORTH_AMERICA and exchange == "555":
        return _OTHER
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.FIXED_LINE_OR_MOBILE and choices.UNTOLD_LINES_ARE_MOBILE:
        return _TYPES[PhoneNumberType.MOBILE]
    return _TYPES.get(kind, _OTHER)


def _facts(number: PhoneNumber) -> dict[str, str]:
    known = timezone.time_zones_for_geographical_number(number)
    facts = {
        "CleansedPhoneNumberE164": phonenumbers.format_number(number, PhoneNumberFormat.E164),
        "CleansedPhoneNumberNational": phonenumbers.national_significant_number(number),
        "CountryCodeIso2": phonenumbers.region_code_for_number(number) or "",
        "CountryCodeNumeric": str(number.country_code),
        "Country": geocoder.country_name_for_number(number, "en"),
        "City": geocoder.description_for_valid_number(number, "en"),
        "Carrier": carrier.name_for_valid_number(number, "en"),
        "Timezone": "" if known[0] == timezone.UNKNOWN_TIMEZONE else known[0],
    }
    if facts["City"] == facts["Country"]:
        facts["City"] = ""
    return {name: value for name, value in facts.items() if value}
