"""A hook that asks another system for offers: late, in part, and nobody is lost, on the embedded AWS."""

import uuid
from collections import Counter
from functools import partial

import pytest

from embedded.demo.scenarios.campaign import OFFERS
from embedded.demo.stage import Stage
from embedded.vendors.faults import FaultPlan
from embedded.vendors.offers import LATE_PREFIX, UNKNOWN_PREFIX, offer_of
from tests.support.embedded_aws import eventually
from tests.support.inbox import WITHIN, Inbox, hooked_by, make_people, start_campaign, trail

pytestmark = pytest.mark.e2e

FALLBACK = ["our thanks"]


def test_what_does_not_come_in_time_or_at_all_is_the_fallback_of_each_endpoint(hosted_stage: Stage) -> None:
    account, inbox, tag = hosted_stage.account, Inbox(hosted_stage.account), uuid.uuid4().hex
    vendor = hosted_stage.intakes[OFFERS]
    vendor.begin(FaultPlan(seed=1, throttled=0.0, broken=0.0, cut=0.0))
    in_part = [f"{tag}-1", f"{tag}-2", f"{UNKNOWN_PREFIX}{tag}"]
    too_late = [f"{LATE_PREFIX}{tag}-1", f"{LATE_PREFIX}{tag}-2"]
    campaigns = [
        start_campaign(
            account,
            make_people(account, name, {person: {} for person in people}),
            inbox.channel,
            data=name,
            **hooked_by(account, "OfferFunctionArn"),
        )
        for name, people in ((f"{tag}-in-part", in_part), (f"{tag}-too-late", too_late))
    ]

    got = {
        person: eventually(partial(inbox.messages, person), within=WITHIN) for person in in_part + too_late
    }
    assert {
        person: [message["attributes"]["Offer"] for message in messages] for person, messages in got.items()
    } == {
        in_part[0]: [[offer_of(in_part[0])]],
        in_part[1]: [[offer_of(in_part[1])]],
        in_part[2]: [FALLBACK],
        too_late[0]: [FALLBACK],
        too_late[1]: [FALLBACK],
    }
    notes = [line.get("note", "") for campaign in campaigns for line in trail(account, campaign).values()]
    assert Counter(notes) == {"": 2, "fell_back:not_answered": 1, "fell_back:no_answer_in_time": 2}
    # Signed questions as the contract has them, and none again because the answer was late.
    assert {(entry.status, entry.reason) for entry in vendor.journal.entries} == {(202, "")}
    assert vendor.journal.accepted_twice == 0
