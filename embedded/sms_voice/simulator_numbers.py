"""AWS's simulator numbers, and the countries that numbers belong to.

https://docs.aws.amazon.com/sms-voice/latest/userguide/test-phone-numbers.html
"""

from typing import Final

# Country: the number whose messages arrive, and the one whose messages fail.
_SIMULATORS: Final[dict[str, tuple[str, str]]] = {
    "AU": ("+61455944038", "+61455944039"),
    "AT": ("+43676800442031", "+43676800442032"),
    "BE": ("+32460213922", "+32460213923"),
    "CL": ("+56229140630", "+56229140631"),
    "CZ": ("+420790542286", "+420790542287"),
    "DK": ("+4525919410", "+4525919215"),
    "EE": ("+37282720792", "+37282720793"),
    "FI": ("+3584573979110", "+3584573979111"),
    "FR": ("+33755512501", "+33755512502"),
    "HK": ("+85257048426", "+85257048854"),
    "HU": ("+36707178770", "+36707178772"),
    "IT": ("+394390009172", "+394390009174"),
    "JE": ("+447937404990", "+447937404992"),
    "LU": ("+352691385880", "+352691385882"),
    "NL": ("+3197008100148", "+3197008100150"),
    "NO": ("+4759449384", "+4759449387"),
    "PL": ("+48732141440", "+48732141442"),
    "PT": ("+351927946948", "+351927946950"),
    "RO": ("+40783900330", "+40783900332"),
    "ES": ("+34683783440", "+34683783442"),
    "SE": ("+46790645100", "+46790645102"),
    "CH": ("+41798075872", "+41798075874"),
    "TW": ("+886903444630", "+886903444632"),
    "GB": ("+447860019066", "+447860019067"),
    "US": ("+14254147755", "+14254147167"),
}
SUCCESS: Final = frozenset(success for success, _ in _SIMULATORS.values())
FAILURE: Final = frozenset(failure for _, failure in _SIMULATORS.values())
_COUNTRY_OF_SIMULATOR: Final = {number: country for country, pair in _SIMULATORS.items() for number in pair}

# One country for each calling code that is shared: +1 is the United States, +44 the United Kingdom.
_CALLING_CODES: Final[dict[str, str]] = {
    "1": "US", "20": "EG", "27": "ZA", "30": "GR", "31": "NL", "32": "BE", "33": "FR", "34": "ES",
    "36": "HU", "39": "IT", "40": "RO", "41": "CH", "43": "AT", "44": "GB", "45": "DK", "46": "SE",
    "47": "NO", "48": "PL", "49": "DE", "51": "PE", "52": "MX", "54": "AR", "55": "BR", "56": "CL",
    "57": "CO", "60": "MY", "61": "AU", "62": "ID", "63": "PH", "64": "NZ", "65": "SG", "66": "TH",
    "81": "JP", "82": "KR", "84": "VN", "86": "CN", "90": "TR", "91": "IN", "92": "PK", "94": "LK",
    "212": "MA", "234": "NG", "254": "KE", "351": "PT", "352": "LU", "353": "IE", "354": "IS",
    "358": "FI", "359": "BG", "370": "LT", "371": "LV", "372": "EE", "380": "UA", "385": "HR",
    "386": "SI", "420": "CZ", "421": "SK", "852": "HK", "880": "BD", "886": "TW", "965": "KW",
    "966": "SA", "971": "AE", "972": "IL",
}  # fmt: skip
_LONGEST_CODE: Final = 3


def is_simulator(number: str) -> bool:
    """Whether a destination is one of AWS's own."""
    return number in _COUNTRY_OF_SIMULATOR


def country_of(number: str) -> str | None:
    """ISO 3166-1 code of a number in E.164, None where the calling code is not known here."""
    if number in _COUNTRY_OF_SIMULATOR:
        return _COUNTRY_OF_SIMULATOR[number]
    digits = number.removeprefix("+")
    codes = (digits[:length] for length in range(_LONGEST_CODE, 0, -1))
    return next((_CALLING_CODES[code] for code in codes if code in _CALLING_CODES), None)


def calling_code(country: str) -> str | None:
    """The code that a country's numbers begin with, without the plus."""
    if country in ("CA", "JE"):
        return {"CA": "1", "JE": "44"}[country]
    return next((code for code, owner in _CALLING_CODES.items() if owner == country), None)
