"""A recommendation engine that a campaign's hook asks for the offers of a batch of endpoints."""

from collections.abc import Mapping
from typing import Final, cast

from embedded.vendors.intake import Contract, Refused
from embedded.vendors.server import Answer

UNKNOWN_PREFIX = "gone-"
"""Endpoints whose ids start so are known to nobody: the answer leaves them out."""
LATE_PREFIX = "late-"
"""A batch with such an endpoint is answered when no hook waits any longer."""
LATE_SECONDS = 4.0

_TEXTS: Final = ("application_id", "campaign_id", "campaign_activity_id", "treatment_id")
_MEMBERS: Final = {"endpoint_id", "user_id", "channel_type", "attributes", "user_attributes"}
_LARGEST_BATCH: Final = 50


def offer_of(endpoint_id: str) -> str:
    """What an endpoint is offered."""
    return f"10 percent for {endpoint_id}"


def _run(question: Mapping[str, object]) -> str:
    if question.get("type") != "campaign.attributes":
        raise Refused("type_must_be_campaign_attributes")
    for name in _TEXTS:
        if not isinstance(question.get(name), str) or not question[name]:
            raise Refused(f"{name}_is_missing")
    if question.get("attributes") != ["Offer"]:
        raise Refused("attributes_must_be_offer")
    run = str(question["campaign_activity_id"])
    if not 1 <= len(_endpoints(question)) <= _LARGEST_BATCH:
        raise Refused("endpoints_must_be_1_to_50", run)
    # No address belongs here, nor anything else that nobody asked for.
    if any(set(endpoint) != _MEMBERS for endpoint in _endpoints(question)):
        raise Refused("endpoint_has_other_members", run)
    return run


def _endpoints(question: Mapping[str, object]) -> list[dict[str, object]]:
    listed = question.get("endpoints")
    if not isinstance(listed, list):
        raise Refused("endpoints_must_be_a_list")
    endpoints = cast("list[object]", listed)
    if not all(isinstance(endpoint, dict) for endpoint in endpoints):
        raise Refused("endpoint_must_be_an_object")
    return cast("list[dict[str, object]]", endpoints)


def _answer(question: Mapping[str, object]) -> Answer:
    ids = [str(endpoint["endpoint_id"]) for endpoint in _endpoints(question)]
    known = [endpoint_id for endpoint_id in ids if not endpoint_id.startswith(UNKNOWN_PREFIX)]
    late = any(endpoint_id.startswith(LATE_PREFIX) for endpoint_id in ids)
    offers = {endpoint_id: {"Offer": [offer_of(endpoint_id)]} for endpoint_id in known}
    return Answer(200, {"endpoints": offers}, after=LATE_SECONDS if late else 0.0)


CONTRACT: Final = Contract("/v1/attributes", _run, "webhook-id", _answer)
"""A message is for the run of a campaign; a repeated `webhook-id` is the same question, answered again."""
