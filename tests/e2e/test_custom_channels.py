"""A campaign past a hook into the app's inbox, and batches that come more than once, on the engine."""

import uuid
from typing import Any

import pytest

from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually
from tests.support.inbox import WITHIN, Inbox, hooked_by, make_people, start_campaign, trail

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def inbox(hosted_stage: Stage) -> Inbox:
    return Inbox(hosted_stage.account)


def batch(inbox: Inbox, tag: str, endpoints: dict[str, Any]) -> dict[str, Any]:
    return {
        "Message": {},
        "Data": tag,
        "ApplicationId": inbox.application_id,
        "CampaignId": uuid.uuid4().hex,
        "TreatmentId": "0",
        "ActivityId": uuid.uuid4().hex,
        "ScheduledTime": "2026-01-01T00:00:00.000Z",
        "Endpoints": endpoints,
    }


def test_a_batch_that_comes_three_times_is_in_the_inbox_once_and_a_bad_endpoint_is_a_dead_letter(
    inbox: Inbox,
) -> None:
    tag = uuid.uuid4().hex
    readers = [f"{tag}-{number}" for number in range(3)]
    endpoints: dict[str, Any] = {
        reader: {"ChannelType": "CUSTOM", "Address": "handle", "User": {"UserId": reader}}
        for reader in readers
    }
    event = batch(inbox, tag, {**endpoints, f"{tag}-none": None})
    for _ in range(3):
        accepted = inbox.accept(event)
        assert accepted["error"] is None
        assert set(readers) <= set(accepted["said"])
    inbox.account.client("sqs").send_message(QueueUrl=inbox.queue_url, MessageBody=f"poison {tag}")

    assert eventually(inbox.waiting, lambda left: left == 0, within=WITHIN) == 0
    assert inbox.reasons(tag) == ["endpoint_is_not_an_object", "unreadable message: not JSON"]
    assert [inbox.texts(reader) for reader in readers] == [[tag]] * 3


def test_what_is_no_batch_is_an_error_that_pinpoint_reports(inbox: Inbox) -> None:
    assert inbox.accept({"Endpoints": "all"})["error"] == "Unhandled"
    assert inbox.accept([])["error"] == "Unhandled"


def test_a_campaign_reaches_whom_the_hook_keeps_and_the_trail_says_why_not_the_others(inbox: Inbox) -> None:
    tag, account = uuid.uuid4().hex, inbox.account
    segment = make_people(
        account, tag, {f"{tag}-kept": {"hold": ["false"]}, f"{tag}-held": {"hold": ["true"]}}
    )
    hook = hooked_by(account, "AuditFunctionArn")
    campaign = start_campaign(account, segment, inbox.channel, data=tag, **hook)

    assert eventually(lambda: inbox.texts(f"{tag}-kept"), within=WITHIN) == [tag]
    decisions = {name: line["reason"] or line["decision"] for name, line in trail(account, campaign).items()}
    assert decisions == {f"{tag}-kept": "kept", f"{tag}-held": "denied:hold"}
    assert inbox.texts(f"{tag}-held") == []
