"""The steps that send to an imported segment: wait for a turn, start the campaign, watch it to its end."""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from patterns.segment_import.campaigns import campaign_name, find_campaign, is_running, refusal
from patterns.segment_import.marks import first_attempt
from patterns.segment_import.source import Source
from patterns.segment_import.turns import Ticket, Turns
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request
from pinpoint_runtime.settings import text, whole_number

_LOG: Final = logger(__name__)
# Well below the lease of a turn.
_LONGEST_WAIT: Final = 300
# Two and a half days, and within the events that an execution may have.
_MOST_LOOKS: Final = 900
_REFUSED: Final = ("BadRequestException", "NotFoundException")
# A campaign made twice is everybody's message twice: the call is repeated by nobody but `start`, who looks
# first, and waited for longer than an API may take (29 s).
_CREATING: Final = client("pinpoint", attempts=1, read_timeout=32)
_READING: Final = client("pinpoint")
_DYNAMODB: Final = client("dynamodb")
_APPLICATION: Final = text("APPLICATION_ID")


class TurnTooLate(Exception):
    """A file's turn to be sent to did not come in two and a half days."""


class CampaignTooSlow(Exception):
    """A campaign did not end in two and a half days; its turn goes on with it."""


@with_request
def take_turn(state: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say whether the segment may be sent to now, later, or not at all.

    Raises:
        TurnTooLate: It has waited for too long.
    """
    if refused := refusal(state, float(text("AT_MOST_BAD"))):
        _LOG.info("nothing is sent", extra={"reason": refused.reason})
        return {"outcome": "NOT_SENT", "reason": refused.reason, "detail": refused.detail}
    asked = state.get("send", {}).get("asked", 0) + 1
    ticket = _ticket(state)
    if _turns().take(ticket):
        return {"outcome": "TURN", "asked": asked, "campaign_name": ticket.campaign}
    if asked > _MOST_LOOKS:
        raise TurnTooLate(f"{ticket.campaign} has asked {asked} times for its turn: raise `at_once`")
    return _later(asked)


@with_request
def start(state: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Start the campaign, or find the one that an earlier attempt started."""
    source, ticket, turns = Source.from_state(state), _ticket(state), _turns()
    asked = state["send"]["asked"]
    if not turns.renew(ticket):
        # The lease ran out between the two steps, and somebody else has the seat.
        return _later(asked)
    tried_before = not first_attempt(_DYNAMODB, text("LEDGER_TABLE"), source, "sending")
    campaign = find_campaign(_READING, _APPLICATION, ticket.campaign) if tried_before else None
    if campaign is None:
        request = {**json.loads(text("CAMPAIGN")), "Name": ticket.campaign}
        request["SegmentId"] = state["job"]["segment_id"]
        try:
            campaign = _CREATING.create_campaign(ApplicationId=_APPLICATION, WriteCampaignRequest=request)[
                "CampaignResponse"
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _REFUSED:
                raise
            turns.give_back(ticket)
            detail = error.response["Error"]["Message"]
            return {"outcome": "FAILED", "reason": "campaign_refused", "detail": detail, "asked": asked}
    _LOG.info("campaign started", extra={"campaign_id": campaign["Id"], "tried_before": tried_before})
    return {
        "outcome": "STARTED",
        "campaign_id": campaign["Id"],
        "campaign_name": ticket.campaign,
        "asked": asked,
        "looks": 0,
        "wait_seconds": 1,
    }


@with_request
def watch(state: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Keep the turn while the campaign runs, and give it back when it has ended.

    Raises:
        CampaignTooSlow: It runs for longer than any should.
    """
    sent, ticket, turns = state["send"], _ticket(state), _turns()
    looks = sent["looks"] + 1
    if not is_running(_campaign(sent["campaign_id"])):
        turns.give_back(ticket)
        return {**sent, "ended": True, "looks": looks}
    turns.renew(ticket)
    if looks > _MOST_LOOKS:
        raise CampaignTooSlow(f"campaign {sent['campaign_id']} still runs after {looks} looks")
    return {**sent, "ended": False, "looks": looks, "wait_seconds": min(_LONGEST_WAIT, 1 + looks)}


def _later(asked: int) -> dict[str, Any]:
    return {"outcome": "WAIT", "asked": asked, "wait_seconds": min(_LONGEST_WAIT, asked)}


def _ticket(state: Mapping[str, Any]) -> Ticket:
    source = Source.from_state(state)
    return Ticket(source.mark, campaign_name(text("CAMPAIGN_NAME"), source), state["arrived"])


def _turns() -> Turns:
    def runs(name: str) -> bool:
        return is_running(find_campaign(_READING, _APPLICATION, name))

    return Turns(_DYNAMODB, text("TURNS_TABLE"), whole_number("AT_ONCE"), runs)


def _campaign(campaign_id: str) -> dict[str, Any] | None:
    try:
        answer = _READING.get_campaign(ApplicationId=_APPLICATION, CampaignId=campaign_id)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise
    campaign: dict[str, Any] = answer["CampaignResponse"]
    return campaign
