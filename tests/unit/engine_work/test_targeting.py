"""From a segment to batches: who is targeted, and why everybody else is not."""

from typing import Any

import pytest

from engine.campaigns import target
from tests.support.engine_works import CUSTOM, EMAIL, Works, held_in_balance

HEADER = "ChannelType,Address,Id,OptOut\n"


def _segment(works: Works, rows: str) -> str:
    segment_id: str = works.import_file(HEADER + rows)["Definition"]["SegmentId"]
    return segment_id


def _dynamic(works: Works, **write: Any) -> str:
    answer = works.pinpoint.create_segment(
        ApplicationId=works.app, WriteSegmentRequest={"Name": "dynamic", **write}
    )
    segment_id: str = answer["SegmentResponse"]["Id"]
    return segment_id


def _endpoints(works: Works, **endpoints: dict[str, Any]) -> None:
    items = [{"Id": name, "ChannelType": "CUSTOM", "Address": name, **e} for name, e in endpoints.items()]
    works.pinpoint.update_endpoints_batch(ApplicationId=works.app, EndpointBatchRequest={"Item": items})


def test_who_must_not_be_sent_to_is_left_out_and_counted_by_reason(works: Works) -> None:
    segment_id = _segment(
        works,
        "CUSTOM,a,ok-1,NONE\nCUSTOM,b,ok-2,\nCUSTOM,c,out-1,ALL\nSMS,+4915112345678,sms-1,NONE\n"
        "CUSTOM,shared,twin-1,NONE\nCUSTOM,shared,twin-2,NONE\n",
    )
    works.pinpoint.delete_endpoint(ApplicationId=works.app, EndpointId="ok-2")
    activity = works.send_campaign(segment_id)
    assert activity["State"] == "COMPLETED"
    assert activity["Result"] == "SUCCESS"
    assert activity["TotalEndpointCount"] == 2
    assert activity["ExecutionMetrics"] == {
        "LeftOut.GONE": "1",
        "LeftOut.OPT_OUT": "1",
        "LeftOut.CHANNEL": "1",
        "LeftOut.INACTIVE": "1",
        "Status.SUCCESS": "2",
    }
    assert sorted(works.functions.seen_by("channel")) == ["ok-1", "twin-2"]


def test_an_endpoint_without_an_address_is_counted_as_that(works: Works) -> None:
    works.pinpoint.update_endpoint(
        ApplicationId=works.app, EndpointId="bare", EndpointRequest={"ChannelType": "CUSTOM"}
    )
    activity = works.send_campaign(_dynamic(works, Dimensions={}))
    assert activity["ExecutionMetrics"] == {"LeftOut.NO_ADDRESS": "1"}
    assert (activity["State"], activity["TotalEndpointCount"]) == ("COMPLETED", 0)


def test_a_dynamic_segment_is_evaluated_when_the_campaign_runs(works: Works) -> None:
    _endpoints(works, gold={"Attributes": {"Plan": ["gold"]}}, tin={"Attributes": {"Plan": ["tin"]}})
    segment_id = _dynamic(
        works, Dimensions={"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}
    )
    _endpoints(works, late={"Attributes": {"Plan": ["gold"]}})
    works.send_campaign(segment_id)
    assert sorted(works.functions.seen_by("channel")) == ["gold", "late"]


def test_a_group_narrows_an_imported_segment(works: Works) -> None:
    imported = _segment(works, "CUSTOM,a,a,NONE\nCUSTOM,b,b,NONE\n")
    _endpoints(works, b={"Attributes": {"Plan": ["gold"]}}, c={"Attributes": {"Plan": ["gold"]}})
    plan = {"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}
    group = {"SourceSegments": [{"Id": imported}], "SourceType": "ANY", "Dimensions": [plan], "Type": "ALL"}
    works.send_campaign(_dynamic(works, SegmentGroups={"Include": "ALL", "Groups": [group]}))
    assert works.functions.seen_by("channel") == ["b"]


def test_a_group_of_none_takes_everybody_else(works: Works) -> None:
    imported = _segment(works, "CUSTOM,a,a,NONE\nCUSTOM,b,b,NONE\n")
    _endpoints(works, c={}, d={})
    group = {"SourceSegments": [{"Id": imported}], "SourceType": "NONE"}
    works.send_campaign(_dynamic(works, SegmentGroups={"Include": "ALL", "Groups": [group]}))
    assert sorted(works.functions.seen_by("channel")) == ["c", "d"]


def test_many_endpoints_go_in_batches_of_fifty_and_each_once(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "_PAGE", 40)
    segment_id = _segment(works, "".join(f"CUSTOM,inbox-{i},id-{i},NONE\n" for i in range(330)))
    campaign = works.start_campaign(segment_id)
    works.run(copies=2)
    activity = works.activity(campaign["Id"])
    assert activity["TotalEndpointCount"] == activity["SuccessfulEndpointCount"] == 330
    assert held_in_balance(activity)
    assert sorted(works.functions.seen_by("channel")) == sorted(f"id-{i}" for i in range(330))
    assert max(len(event["Endpoints"]) for _, event in works.functions.calls) <= 50
    statuses = works.statuses()
    assert len(statuses) == 330


def test_a_step_whose_messages_were_lost_sends_them_when_it_comes_again(works: Works) -> None:
    segment_id = _segment(works, "".join(f"CUSTOM,inbox-{i},id-{i},NONE\n" for i in range(10)))
    campaign = works.start_campaign(segment_id)
    works.run_one()
    targets = list(works.pump.waiting)
    while works.pump.waiting:
        queue, _, _ = works.pump.waiting[0]
        if queue != "campaigns":
            works.pump.waiting.popleft()
        else:
            works.run_one()
    works.pump.waiting.extend(targets)
    works.run()
    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["TotalEndpointCount"]) == ("COMPLETED", 10)
    assert len(works.functions.seen_by("channel")) == 10


def test_held_out_cohorts_get_an_event_and_no_message(works: Works) -> None:
    segment_id = _segment(works, "".join(f"CUSTOM,inbox-{i},id-{i},NONE\n" for i in range(100)))
    activity = works.send_campaign(segment_id, HoldoutPercent=30)
    statuses = works.statuses()
    held_out = {name for name, status in statuses.items() if status == "HOLDOUT"}
    assert 10 < len(held_out) < 60
    assert len(statuses) == 100
    assert not held_out & set(works.functions.seen_by("channel"))
    assert activity["ExecutionMetrics"]["LeftOut.HOLDOUT"] == str(len(held_out))
    assert activity["TotalEndpointCount"] == 100 - len(held_out)
    works.functions.calls.clear()
    works.send_campaign(segment_id, HoldoutPercent=30)
    assert set(works.functions.seen_by("channel")) == set(statuses) - held_out


def test_one_campaign_sends_mail_to_mail_and_custom_to_the_rest(works: Works) -> None:
    segment_id = _segment(works, "CUSTOM,a,a,NONE\nEMAIL,success@simulator.amazonses.com,m,NONE\n")
    both = {
        "MessageConfiguration": CUSTOM["MessageConfiguration"] | EMAIL["MessageConfiguration"],
        "CustomDeliveryConfiguration": CUSTOM["CustomDeliveryConfiguration"],
    }
    works.send_campaign(segment_id, **both)
    assert works.functions.seen_by("channel") == ["a"]
    assert works.mail.addresses == ["success@simulator.amazonses.com"]


def test_a_segment_deleted_before_the_run_ends_it_with_the_reason(works: Works) -> None:
    segment_id = _segment(works, "CUSTOM,a,a,NONE\n")
    campaign = works.start_campaign(segment_id)
    for prefix in ("SEGMENTS", "VERSIONS"):
        pk = f"{prefix}#{works.app}" if prefix == "SEGMENTS" else f"{prefix}#{works.app}#{segment_id}"
        works.context.store.delete_all([item.key for item in works.context.store.query(pk)])
    works.run()
    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "FAIL")
    assert activity["ExecutionMetrics"]["FailureReason"] == f"there is no segment {segment_id}"


def test_an_empty_segment_ends_the_campaign(works: Works) -> None:
    segment_id = _dynamic(works, Dimensions={})
    campaign = works.start_campaign(segment_id)
    works.run()
    found = works.pinpoint.get_campaign(ApplicationId=works.app, CampaignId=campaign["Id"])
    assert found["CampaignResponse"]["State"]["CampaignStatus"] == "COMPLETED"
    assert works.activity(campaign["Id"])["TotalEndpointCount"] == 0


def test_a_message_of_no_known_kind_is_given_up_with_the_reason(works: Works) -> None:
    works.pump.send("campaigns", [{"Kind": "dance"}])
    works.pump.send("imports", [{"Kind": "dance"}])
    works.run()
    assert [dead["Reason"] for dead in works.pump.dead] == [
        "the campaigns queue knows no message of kind 'dance'",
        "the imports queue knows no message of kind 'dance'",
    ]
