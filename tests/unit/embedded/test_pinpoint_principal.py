"""Which calls are Pinpoint's own, and on whose behalf they are made."""

import base64
import json

import pytest

from embedded.pinpoint_principal.delivery import function_source, is_delivery_role

_CAMPAIGN = "arn:aws:mobiletargeting:us-east-1:000000000000:apps/a1/campaigns/c1"


def encoded(context: object) -> str:
    return base64.b64encode(json.dumps(context).encode()).decode()


def test_a_client_context_names_its_source() -> None:
    headers = {"x-amz-client-context": encoded({"custom": {"source_arn": _CAMPAIGN}})}
    assert function_source(headers) == _CAMPAIGN


@pytest.mark.parametrize(
    "value", ["", "not base64!", encoded([]), encoded({"custom": {}}), encoded({"custom": {"source_arn": 1}})]
)
def test_any_other_client_context_names_none(value: str) -> None:
    assert function_source({"x-amz-client-context": value}) is None


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("arn:aws:sts::000000000000:assumed-role/pinpoint-engine-delivery-us-east-1/deliveries", True),
        ("arn:aws:sts::000000000000:assumed-role/pinpoint-engine-delivery-us-east-1-not/deliveries", False),
        ("arn:aws:iam::000000000000:role/pinpoint-engine-delivery-us-east-1", False),
        ("", False),
    ],
)
def test_only_sessions_of_the_delivery_role_speak_for_pinpoint(principal: str, expected: bool) -> None:
    assert is_delivery_role(principal) is expected
