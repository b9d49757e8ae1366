"""PhoneNumberValidate: what the digits of a number tell."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LAMBDA_SRC = Path(__file__).resolve().parents[3] / "lambda_src"


def validate(pinpoint: Any, number: str, **more: str) -> dict[str, Any]:
    answer = pinpoint.phone_number_validate(NumberValidateRequest={"PhoneNumber": number, **more})
    response: dict[str, Any] = answer["NumberValidateResponse"]
    return response


def test_a_number_is_cleansed_and_placed(pinpoint: Any) -> None:
    assert validate(pinpoint, "+49 (0)1512 3456789") == {
        "OriginalPhoneNumber": "+49 (0)1512 3456789",
        "CleansedPhoneNumberE164": "+4915123456789",
        "CleansedPhoneNumberNational": "15123456789",
        "CountryCodeIso2": "DE",
        "CountryCodeNumeric": "49",
        "Country": "Germany",
        "Carrier": "T-Mobile",
        "Timezone": "Europe/Berlin",
        "PhoneType": "MOBILE",
        "PhoneTypeCode": 0,
    }


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        ("+493012345678", "LANDLINE", 1),
        ("+445603456789", "VOIP", 2),
        ("+18005550123", "OTHER", 4),
        ("+442087391234567", "INVALID", 3),
        ("no number", "INVALID", 3),
        # Numbers for films and examples belong to nobody.
        ("+12065550100", "OTHER", 4),
    ],
)
def test_each_kind_of_number_has_its_code(pinpoint: Any, number: str, kind: str, code: int) -> None:
    response = validate(pinpoint, number)
    assert (response["PhoneType"], response["PhoneTypeCode"]) == (kind, code)
    assert ("CleansedPhoneNumberE164" in response) == (kind != "INVALID")


def test_a_number_that_may_be_either_counts_as_mobile(pinpoint: Any) -> None:
    response = validate(pinpoint, "2067781234", IsoCountryCode="US")
    assert (response["PhoneType"], response["PhoneTypeCode"]) == ("MOBILE", 0)
    assert response["CleansedPhoneNumberE164"] == "+12067781234"
    assert response["OriginalCountryCodeIso2"] == "US"


def test_a_number_without_a_plus_or_a_country_begins_with_its_countrys_code(pinpoint: Any) -> None:
    assert validate(pinpoint, "4915123456789")["CountryCodeIso2"] == "DE"


def test_no_number_at_all_is_refused(pinpoint: Any) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="PhoneNumber is required"):
        validate(pinpoint, "")


def test_no_other_operation_pays_for_the_library() -> None:
    code = (
        "import sys, engine.operations.registry as r\n"
        "[r.find_operation(name) for name in r.SERVED if name != 'PhoneNumberValidate']\n"
        "print('phonenumbers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(LAMBDA_SRC)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "False"
