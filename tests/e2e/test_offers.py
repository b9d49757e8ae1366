"""A channel that gives offers, on the embedded AWS: one a user, in whatever campaigns, noted everywhere."""

import json
import uuid

import pytest

from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually
from tests.support.inbox import WITHIN, make_people, start_campaign

pytestmark = pytest.mark.e2e


def test_two_campaigns_give_a_user_one_offer_which_all_of_their_endpoints_note(hosted_stage: Stage) -> None:
    account, tag = hosted_stage.account, uuid.uuid4().hex
    pinpoint, app = account.client("pinpoint"), account.output("Project", "ApplicationId")
    channel = account.output("CustomChannels", "OffersDeliveryUri")
    first, second = f"{tag}-app", f"{tag}-web"
    wanted = json.dumps({"offer_set": "welcome"})

    def noted() -> dict[str, list[str]]:
        """The offers on each endpoint."""
        found = pinpoint.get_user_endpoints(ApplicationId=app, UserId=tag)["EndpointsResponse"]["Item"]
        offers = {one["Id"]: one["User"].get("UserAttributes", {}).get("Offer", []) for one in found}
        return {name: offer for name, offer in offers.items() if offer}

    segment = make_people(account, f"{tag}-1", {first: {"UserId": tag}})
    start_campaign(account, segment, channel, data=wanted)
    (offer,) = eventually(noted, within=WITHIN).values()
    assert offer in (["10 percent"], ["free shipping"])

    # The user's attributes are emptied: what is there afterwards, the second campaign has written.
    segment = make_people(account, f"{tag}-2", {second: {"UserId": tag}})
    for name in (first, second):
        pinpoint.update_endpoint(
            ApplicationId=app,
            EndpointId=name,
            EndpointRequest={"User": {"UserId": tag, "UserAttributes": {"Offer": []}}},
        )
    assert noted() == {}
    start_campaign(account, segment, channel, data=wanted)
    assert eventually(noted, lambda seen: len(seen) == 2, within=WITHIN) == {first: offer, second: offer}
