"""A campaign to a channel's https front, on the embedded AWS: owned, posted again, and in the inbox once."""

import uuid
from collections import Counter

import pytest

from embedded.apis import local_address
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually
from tests.support.inbox import WITHIN, Inbox, make_people, start_campaign
from tests.support.lossy_front import lossy_front

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def address(hosted_stage: Stage) -> str:
    """Where the front answers on this machine, without the secret at the end."""
    account = hosted_stage.account
    return local_address(account.output("CustomChannels", "InboxWebhookAddress"), account.endpoint)


def test_a_batch_whose_answers_are_lost_is_posted_three_times_and_in_the_inbox_once(
    hosted_stage: Stage, address: str
) -> None:
    account, inbox, tag = hosted_stage.account, Inbox(hosted_stage.account), uuid.uuid4().hex
    secret = account.client("secretsmanager").get_secret_value(
        SecretId=account.output("CustomChannels", "InboxWebhookSecretArn")
    )["SecretString"]
    readers = [f"{tag}-{number}" for number in range(3)]
    segment = make_people(account, tag, {reader: {} for reader in readers})

    with lossy_front(f"{address}{secret}", losing=2) as front:
        campaign = start_campaign(account, segment, front.url, data=tag)

        def delivered() -> dict[str, str]:
            found = account.client("pinpoint").get_campaign_activities(
                ApplicationId=inbox.application_id, CampaignId=campaign
            )["ActivitiesResponse"]["Item"]
            return dict(found[0].get("ExecutionMetrics", {})) if found else {}

        everybody = {"Status.SUCCESS": "3"}
        assert eventually(delivered, lambda seen: seen == everybody, within=WITHIN) == everybody
        # The three may be handed over in one batch or in several.
        assert set(Counter(front.bodies).values()) == {3}
        assert front.methods == ["HEAD"] + ["POST"] * len(front.bodies)
    assert eventually(inbox.waiting, lambda left: left == 0, within=WITHIN) == 0
    assert [inbox.texts(reader) for reader in readers] == [[tag]] * 3


def test_a_front_whose_secret_is_not_known_is_refused_when_the_campaign_is_made(
    hosted_stage: Stage, address: str
) -> None:
    account, tag = hosted_stage.account, uuid.uuid4().hex
    segment = make_people(account, tag, {tag: {}})
    with pytest.raises(account.client("pinpoint").exceptions.BadRequestException) as refused:
        start_campaign(account, segment, f"{address}{tag}", data=tag)
    assert "must answer a HEAD request with 200, got 404" in str(refused.value)
    assert tag not in str(refused.value)
