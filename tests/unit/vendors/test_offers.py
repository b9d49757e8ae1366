"""The vendor of offers: what it answers, and what it refuses to be asked."""

import json
import time
from typing import Any

import pytest

from embedded.vendors.faults import FaultPlan
from embedded.vendors.intake import Intake
from embedded.vendors.offers import CONTRACT, LATE_PREFIX, LATE_SECONDS, UNKNOWN_PREFIX, offer_of
from embedded.vendors.server import Answer, Request
from embedded.vendors.signatures import sign

SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="


@pytest.fixture
def vendor() -> Intake:
    return Intake(CONTRACT, FaultPlan(seed=1, throttled=0, broken=0, cut=0), secret=SECRET)


def endpoint(endpoint_id: str, **more: Any) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint_id,
        "user_id": None,
        "channel_type": "EMAIL",
        "attributes": {},
        "user_attributes": {},
        **more,
    }


def question(*endpoints: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "type": "campaign.attributes",
        "application_id": "app",
        "campaign_id": "c",
        "campaign_activity_id": "run-1",
        "treatment_id": "0",
        "attributes": ["Offer"],
        "endpoints": list(endpoints),
        **members,
    }


def ask(vendor: Intake, asked: dict[str, Any], secret: str = SECRET) -> Answer:
    body, stamp = json.dumps(asked).encode(), int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": "hook_1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(secret, "hook_1", stamp, body),
    }
    return vendor.receive(Request("POST", CONTRACT.path, headers, body))


def test_each_endpoint_that_is_known_gets_its_offer_and_a_repeated_question_the_same_answer(
    vendor: Intake,
) -> None:
    asked = question(endpoint("e1"), endpoint(f"{UNKNOWN_PREFIX}e2"))
    answers = [ask(vendor, asked) for _ in range(2)]
    assert answers == [Answer(200, {"endpoints": {"e1": {"Offer": [offer_of("e1")]}}})] * 2
    assert [entry.recipient for entry in vendor.journal.entries] == ["run-1"] * 2
    assert vendor.journal.accepted == 1


def test_a_batch_may_be_answered_too_late(vendor: Intake) -> None:
    assert ask(vendor, question(endpoint("e1"), endpoint(f"{LATE_PREFIX}e2"))).after == LATE_SECONDS
    assert ask(vendor, question(endpoint("e1"))).after == 0


def test_a_question_that_is_signed_with_another_secret_is_refused(vendor: Intake) -> None:
    other = "whsec_b3RoZXItb3RoZXItb3RoZXI="
    assert ask(vendor, question(endpoint("e1")), other).status == 401


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (question(endpoint("e1"), type="message.send"), "type_must_be_campaign_attributes"),
        (question(endpoint("e1"), campaign_id=""), "campaign_id_is_missing"),
        (question(endpoint("e1"), attributes=[]), "attributes_must_be_offer"),
        (question(endpoint("e1"), endpoints=None), "endpoints_must_be_a_list"),
        (question(endpoint("e1"), endpoints=["e1"]), "endpoint_must_be_an_object"),
        (question(), "endpoints_must_be_1_to_50"),
        (question(*map(endpoint, map(str, range(51)))), "endpoints_must_be_1_to_50"),
        (question(endpoint("e1", address="a@example.com")), "endpoint_has_other_members"),
    ],
)
def test_a_breach_of_the_contract_is_refused_by_name(
    vendor: Intake, asked: dict[str, Any], error: str
) -> None:
    answer = ask(vendor, asked)
    assert (answer.status, answer.body) == (422, {"error": error})
