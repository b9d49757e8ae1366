"""One batch: hook, ledger, limits, channel, and one outcome for everybody."""

from typing import Any

import pytest

from engine.campaigns.progress import Run
from engine.deliveries import limits, work
from tests.support.engine_works import CUSTOM, EMAIL, Works, client_error, held_in_balance, inboxes

HEADER = "ChannelType,Address,Id,OptOut\n"
HOOK = {"Hook": {"LambdaFunctionName": "hook", "Mode": "FILTER"}}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.functions.time.sleep", lambda _: None)


def _mails(works: Works, *addresses: str) -> str:
    rows = "".join(f"EMAIL,{address},id-{i},ana-{i}\n" for i, address in enumerate(addresses))
    header = "ChannelType,Address,Id,User.UserAttributes.Name\n"
    segment_id: str = works.import_file(header + rows)["Definition"]["SegmentId"]
    return segment_id


# --- ledger ---------------------------------------------------------------------------------------


def test_an_address_that_two_channels_share_gets_one_message_a_channel(works: Works) -> None:
    rows = "CUSTOM,shared,a,NONE\nAPNS,shared,b,NONE\n"
    segment_id = works.import_file(HEADER + rows, RegisterEndpoints=True)["Definition"]["SegmentId"]
    both = CUSTOM["CustomDeliveryConfiguration"] | {"EndpointTypes": ["CUSTOM", "APNS"]}
    works.send_campaign(segment_id, **{**CUSTOM, "CustomDeliveryConfiguration": both})
    assert works.statuses() == {"a": "SUCCESS", "b": "SUCCESS"}


def test_two_endpoints_with_one_address_get_one_message(works: Works) -> None:
    rows = "CUSTOM,shared,a,NONE\nCUSTOM,shared,b,NONE\nCUSTOM,own,c,NONE\n"
    segment_id = works.import_file(HEADER + rows, RegisterEndpoints=False)["Definition"]["SegmentId"]
    activity = works.send_campaign(segment_id)
    assert len(works.functions.seen_by("channel")) == 2
    assert sorted(works.statuses().values()) == ["DUPLICATE_ADDRESS", "SUCCESS", "SUCCESS"]
    assert held_in_balance(activity)


def test_a_worker_that_dies_during_the_send_leaves_its_people_unknown(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = works.start_campaign(inboxes(works, 2))
    died: list[str] = []

    def die_once(*arguments: Any) -> Any:
        if not died:
            died.append("in the middle of the call")
            raise SystemError
        raise AssertionError("nobody may be sent to again")

    monkeypatch.setattr(work, "send", die_once)
    works.run()
    activity = works.activity(campaign["Id"])
    assert activity["ExecutionMetrics"]["Status.UNKNOWN"] == str(activity["TotalEndpointCount"])
    assert held_in_balance(activity)
    assert any(delay > 200 for delay in works.pump.delays)


def test_a_worker_that_dies_after_the_send_has_its_outcome_taken_over(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = works.start_campaign(inboxes(works, 2))
    original = work._emit
    died: list[int] = []

    def die_once(*arguments: Any) -> None:
        if len(died) < 2:
            died.append(1)
            raise SystemError
        original(*arguments)

    monkeypatch.setattr(work, "_emit", die_once)
    works.run()
    assert sorted(works.functions.seen_by("channel")) == ["id-0", "id-1"]
    activity = works.activity(campaign["Id"])
    assert activity["SuccessfulEndpointCount"] == 2
    assert set(works.statuses().values()) == {"SUCCESS"}


def test_who_opts_out_between_targeting_and_delivery_is_not_sent_to(works: Works) -> None:
    campaign = works.start_campaign(inboxes(works, 1))
    while works.pump.waiting[0][0] != "deliveries":
        works.run_one()
    works.pinpoint.update_endpoint(
        ApplicationId=works.app, EndpointId="id-0", EndpointRequest={"OptOut": "ALL"}
    )
    works.run()
    assert works.functions.seen_by("channel") == []
    assert works.activity(campaign["Id"])["ExecutionMetrics"] == {"NotSent.OPT_OUT": "1"}


# --- custom channels ------------------------------------------------------------------------------


def test_a_custom_channel_sees_the_documented_event(works: Works) -> None:
    works.send_campaign(inboxes(works, 1))
    ((_, event),) = works.functions.calls
    assert set(event) == {
        "Message",
        "Data",
        "ApplicationId",
        "CampaignId",
        "TreatmentId",
        "ActivityId",
        "ScheduledTime",
        "Endpoints",
    }
    assert event["TreatmentId"] == "0"
    endpoint = event["Endpoints"]["id-0"]
    assert endpoint["ChannelType"] == "CUSTOM"
    assert endpoint["OptOut"] == "NONE"
    assert "CohortId" not in endpoint


def test_a_channel_function_that_raises_is_a_custom_delivery_failure(works: Works) -> None:
    def explode(event: dict[str, Any]) -> Any:
        raise KeyError("endpoint_id")

    works.functions.named["channel"] = explode
    activity = works.send_campaign(inboxes(works, 2))
    assert set(works.statuses().values()) == {"CUSTOM_DELIVERY_FAILURE"}
    assert (activity["Result"], activity.get("SuccessfulEndpointCount", 0)) == ("SUCCESS", 0)
    assert held_in_balance(activity)


def test_a_channel_function_that_does_not_exist_is_tried_once(works: Works) -> None:
    del works.functions.named["channel"]
    works.send_campaign(inboxes(works, 1))
    assert works.statuses() == {"id-0": "CUSTOM_DELIVERY_FAILURE"}
    assert len(works.functions.calls) == 1


# --- e-mail ---------------------------------------------------------------------------------------


def test_a_mail_is_rendered_for_its_endpoint_and_carries_the_run_and_the_claim(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFIGURATION_SET", "engine-set")
    activity = works.send_campaign(_mails(works, "success+1@simulator.amazonses.com"), **EMAIL)
    (request,) = works.mail.sent
    simple = request["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "Hello ana-0"
    assert simple["Body"]["Html"]["Data"] == "<p>Hello ana-0</p>"
    assert request["ConfigurationSetName"] == "engine-set"
    tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}
    assert tags["app"] == works.app
    assert tags["run"] == activity["Id"]
    assert len(tags["claim"]) == 64
    assert works.statuses() == {"id-0": "SUCCESS"}


def test_the_safety_catch_holds_back_and_the_counts_say_so(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOW_LIST", "friend@example.org, @example.net")
    works.mail.verified = ["Own@example.com", "verified.example"]
    segment_id = _mails(
        works,
        "stranger@example.com",
        "own@example.com",
        "any@verified.example",
        "Friend@example.org",
        "any@example.net",
        "bounce@simulator.amazonses.com",
    )
    activity = works.send_campaign(segment_id, **EMAIL)
    assert "stranger@example.com" not in works.mail.addresses
    assert len(works.mail.sent) == 5
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "5", "NotSent.SAFETY_CATCH": "1"}


def test_live_sending_reaches_everybody(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDING", "live")
    works.send_campaign(_mails(works, "stranger@example.com"), **EMAIL)
    assert works.mail.addresses == ["stranger@example.com"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (client_error("MessageRejected"), "FAILURE_PERMANENT"),
        (client_error("TooManyRequestsException", 429), "THROTTLED"),
        (client_error("InternalFailure", 500), "TRANSIENT_FAILURE"),
    ],
)
def test_what_the_mail_service_answers_becomes_the_documented_status(
    works: Works, error: Exception, status: str
) -> None:
    works.mail.errors["bounce@simulator.amazonses.com"] = error
    segment_id = _mails(works, "bounce@simulator.amazonses.com", "success@simulator.amazonses.com")
    activity = works.send_campaign(segment_id, **EMAIL)
    assert works.statuses() == {"id-0": status, "id-1": "SUCCESS"}
    assert held_in_balance(activity)


def test_a_campaign_without_any_sender_fails_for_good(works: Works) -> None:
    message = {"EmailMessage": {"Title": "t", "Body": "b"}}
    segment_id = _mails(works, "success@simulator.amazonses.com")
    works.send_campaign(segment_id, MessageConfiguration=message)
    assert works.statuses() == {"id-0": "FAILURE_PERMANENT"}


def test_a_template_gives_what_the_message_does_not(works: Works) -> None:
    works.pinpoint.create_email_template(
        TemplateName="hello",
        EmailTemplateRequest={
            "Subject": "Hi {{Attributes.Nick}}",
            "TextPart": "Dear {{User.UserAttributes.Name}}",
            "DefaultSubstitutions": '{"Attributes.Nick": "friend"}',
        },
    )
    works.send_campaign(
        _mails(works, "success@simulator.amazonses.com"),
        MessageConfiguration={"EmailMessage": {"FromAddress": "sender@example.com"}},
        TemplateConfiguration={"EmailTemplate": {"Name": "hello"}},
    )
    simple = works.mail.sent[0]["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "Hi friend"
    assert simple["Body"]["Text"]["Data"] == "Dear ana-0"


# --- limits ---------------------------------------------------------------------------------------


def test_messages_a_second_are_reserved_in_blocks_and_waiting_is_no_failed_attempt(works: Works) -> None:
    segment_id = inboxes(works, 200)
    campaign = works.start_campaign(segment_id, Limits={"MessagesPerSecond": 10})
    works.run()
    activity = works.activity(campaign["Id"])
    assert activity["SuccessfulEndpointCount"] == 200
    assert works.pump.delays
    assert sum(works.pump.delays) >= 10
    assert set(works.statuses().values()) == {"SUCCESS"}


def test_an_endpoint_gets_no_more_than_its_messages_a_day(works: Works) -> None:
    segment_id = inboxes(works, 2)
    for _ in range(2):
        campaign = works.start_campaign(segment_id, Limits={"Daily": 2})
        works.run(copies=2)
        assert works.activity(campaign["Id"])["SuccessfulEndpointCount"] == 2
    activity = works.send_campaign(segment_id, Limits={"Daily": 2})
    assert activity["ExecutionMetrics"] == {"Status.DAILY_CAP": "2"}
    works.world.clock.advance(hours=25)
    activity = works.send_campaign(segment_id, Limits={"Daily": 2})
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "2"}


@pytest.mark.parametrize(
    ("start", "end", "zone", "status"),
    [
        # It is noon in UTC, one o'clock in Berlin, seven in New York.
        ("12:30", "13:30", "Europe/Berlin", "QUIET_TIME"),
        ("13:30", "14:30", "Europe/Berlin", "SUCCESS"),
        ("22:00", "08:00", "America/New_York", "QUIET_TIME"),
        ("22:00", "08:00", "Europe/Berlin", "SUCCESS"),
        ("00:00", "23:59", "Nowhere/Land", "SUCCESS"),
        ("00:00", "23:59", "../../etc/passwd", "SUCCESS"),
        ("00:00", "23:59", "", "SUCCESS"),
    ],
)
def test_quiet_time_is_the_endpoint_s_own(works: Works, start: str, end: str, zone: str, status: str) -> None:
    rows = f"ChannelType,Address,Id,Demographic.Timezone\nCUSTOM,inbox,id-0,{zone}\n"
    segment_id = works.import_file(rows)["Definition"]["SegmentId"]
    schedule = {"StartTime": "IMMEDIATE", "QuietTime": {"Start": start, "End": end}}
    works.send_campaign(segment_id, Schedule=schedule)
    assert works.statuses() == {"id-0": status}


def test_what_is_not_sent_within_the_campaign_s_duration_expires(works: Works) -> None:
    limits = {"MessagesPerSecond": 1, "MaximumDuration": 60}
    activity = works.send_campaign(inboxes(works, 150), Limits=limits)
    # Fifty at once, fifty after fifty seconds, and the others would have been too late.
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "100", "Status.EXPIRED": "50"}
    assert len(works.functions.seen_by("channel")) == 100
    assert sorted(works.statuses().values()).count("EXPIRED") == 50
    assert held_in_balance(activity)


def test_a_duration_of_the_project_counts_where_the_campaign_has_none(works: Works) -> None:
    works.pinpoint.update_application_settings(
        ApplicationId=works.app,
        WriteApplicationSettingsRequest={"Limits": {"MaximumDuration": 60}},
    )
    segment_id = inboxes(works, 1)
    late, patient = (
        works.start_campaign(segment_id),
        works.start_campaign(segment_id, Limits={"MaximumDuration": 3600}),
    )
    works.world.clock.advance(minutes=2)
    works.run()
    assert works.activity(late["Id"])["ExecutionMetrics"] == {"Status.EXPIRED": "1"}
    assert works.activity(patient["Id"])["ExecutionMetrics"] == {"Status.SUCCESS": "1"}


def test_a_campaign_s_limit_goes_before_the_project_s() -> None:
    settings = {"Limits": {"Daily": 5, "MessagesPerSecond": 0}}
    assert limits.limit_of("Daily", {"Limits": {"Daily": 1}}, settings) == 1
    assert limits.limit_of("Daily", {}, settings) == 5
    assert limits.limit_of("MessagesPerSecond", {}, settings) is None


def test_a_deleted_campaign_sends_to_nobody_more(works: Works) -> None:
    campaign = works.start_campaign(inboxes(works, 1))
    while works.pump.waiting[0][0] != "deliveries":
        works.run_one()
    activity_id = works.pump.waiting[0][1]["ActivityId"]
    works.context.store.delete(Run(works.app, campaign["Id"], activity_id).campaign_key)
    works.run()
    assert works.functions.calls == []
