"""What the channel of offers promises, asked of its template."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.assertions import Template

from pinpoint_patterns import IPinpointProject, OfferChannel, OfferSet
from tests.infra.test_custom_channel import (
    ALARMS,
    SENDING_ANYWHERE,
    SETTINGS,
    accepts_for_this_project_alone,
    accepts_into_its_queue_only,
    keys,
    outlasts_all_patience,
)
from tests.support.templates import APPLICATION_ID, only, reach, template_of, thresholds, timeouts, variables

PROJECT = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"
SETS = (
    OfferSet("spring", ["20 % off", "free shipping"]),
    OfferSet("points", {"double": 3, "triple": 1}, attribute="Points"),
)


def offer_template(**options: Any) -> Template:
    arguments = {"offer_sets": SETS, **options}
    return template_of(lambda stack, project: OfferChannel(stack, "Channel", project=project, **arguments))


@pytest.fixture(scope="module")
def offers() -> Template:
    return offer_template()


def test_the_channel_of_offers_accepts_for_this_project_into_its_queue(offers: Template) -> None:
    accepts_for_this_project_alone(offers)
    accepts_into_its_queue_only(offers)


def test_the_sender_may_give_once_and_note_it_and_nothing_else(offers: Template) -> None:
    assert reach(offers, "SenderRole") == {
        **SENDING_ANYWHERE,
        "<ChannelOffers.Arn>": {"dynamodb:PutItem"},
        f"{PROJECT}/events": {"mobiletargeting:PutEvents"},
        f"{PROJECT}/users/*": {"mobiletargeting:GetUserEndpoints"},
        f"{PROJECT}/endpoints/*": {"mobiletargeting:GetEndpoint"},
        PROJECT: {"mobiletargeting:UpdateEndpointsBatch"},
    }


def test_the_sender_is_told_the_sets_with_their_weights(offers: Template) -> None:
    told = variables(offers, "Sender")
    assert set(told) == {*SETTINGS, "OFFERS_KEEP_SECONDS", "OFFERS_TABLE", "OFFER_SETS"}
    assert json.loads(told["OFFER_SETS"]) == {
        "spring": {"attribute": "Offer", "offers": {"20 % off": 1, "free shipping": 1}},
        "points": {"attribute": "Points", "offers": {"double": 3, "triple": 1}},
    }
    assert told["OFFERS_KEEP_SECONDS"] == str(365 * 86_400)


def test_an_assignment_is_found_by_holder_and_set(offers: Template) -> None:
    assert keys(offers, "Offers") == ["pk", "sk"]
    assert keys(offers, "Ledger") == ["pk"]


def test_it_waits_and_rings_as_every_channel_does(offers: Template) -> None:
    assert timeouts(offers) == {"ChannelAcceptFunction": 14, "ChannelSenderFunction": 60}
    assert thresholds(offers) == ALARMS
    outlasts_all_patience(offers)
    mapping = only(offers, "AWS::Lambda::EventSourceMapping")
    assert (mapping.get("BatchSize"), mapping.get("ScalingConfig")) == (10, {"MaximumConcurrency": 2})


def test_a_table_of_ones_own_holds_the_assignments() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        table = dynamodb.Table.from_table_name(stack, "Own", "acme-offers")
        OfferChannel(stack, "Channel", project=project, offer_sets=SETS, table=table)

    template = template_of(build)
    template.resource_count_is("AWS::DynamoDB::GlobalTable", 1)
    assert variables(template, "Sender")["OFFERS_TABLE"] == "acme-offers"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: OfferSet("a b", ["x"]), "name must be"),
        (lambda: OfferSet("spring", ["x"], attribute="My.Offer"), "attribute must be"),
        (lambda: OfferSet("spring", "x"), "list of texts"),
        (lambda: OfferSet("spring", []), "list of texts"),
        (lambda: OfferSet("spring", ["x" * 101]), "1 to 100 characters"),
        (lambda: OfferSet("spring", [""]), "1 to 100 characters"),
        (lambda: OfferSet("spring", {"x": 0}), "weight"),
        (lambda: offer_template(offer_sets=[]), "at least one"),
        (lambda: offer_template(offer_sets=[SETS[0], SETS[0]]), "each name once"),
        (lambda: offer_template(offer_sets=[OfferSet("s", [f"{n:0100d}" for n in range(40)])]), "3000 bytes"),
        (lambda: offer_template(keep=Duration.hours(1)), "1 day to 10 years"),
    ],
)
def test_what_cannot_work_is_refused_at_once(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
