"""From a row in a file to an event on the stream."""

from tests.support.engine_works import Works, held_in_balance


def test_one_row_becomes_an_endpoint_a_member_a_message_and_an_event(works: Works) -> None:
    job = works.import_file(
        "ChannelType,Address,Id,User.UserId,Attributes.Plan\nCUSTOM,inbox-1,Ana-1,ana,gold\n"
    )
    assert job["JobStatus"] == "COMPLETED", job
    segment_id = job["Definition"]["SegmentId"]

    activity = works.send_campaign(segment_id)

    assert activity["State"] == "COMPLETED"
    assert activity["TotalEndpointCount"] == activity["SuccessfulEndpointCount"] == 1
    assert held_in_balance(activity)
    ((_, event),) = works.functions.calls
    assert event["Data"] == "hello"
    assert event["Endpoints"]["Ana-1"]["Address"] == "inbox-1"
    (record,) = works.stream()
    assert record["event_type"] == "_campaign.send"
    assert record["client"]["client_id"] == "Ana-1"
    assert record["attributes"]["campaign_send_status"] == "SUCCESS"
    assert record["attributes"]["campaign_activity_id"] == activity["Id"]
