"""Campaigns by SMS: from the segment to the phone, and what each endpoint's event says."""

import json
from typing import Any

import pytest

from engine.receipts.work import work
from engine.worker import Message
from tests.support.engine_works import EMAIL, Works, held_in_balance
from tests.support.phone_service import refusal

ANN, BOB, CAT = "+12065550101", "+12065550102", "+12065550103"
SMS: dict[str, Any] = {
    "MessageConfiguration": {
        "SMSMessage": {
            "Body": "Hello {{User.UserAttributes.Name}}",
            "MessageType": "PROMOTIONAL",
            "OriginationNumber": "+12065550199",
        }
    }
}


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDING", "live")


def _segment(works: Works, *rows: str) -> str:
    header = "ChannelType,Address,Id,OptOut,User.UserAttributes.Name\n"
    segment: str = works.import_file(header + "\n".join(rows))["Definition"]["SegmentId"]
    return segment


def _people(works: Works) -> str:
    return _segment(works, f"SMS,{ANN},ann,NONE,Ann", f"SMS,{BOB},bob,NONE,Bob", f"SMS,{CAT},cat,ALL,Cat")


def test_a_campaigns_text_reaches_each_endpoint_by_name_but_not_who_opted_out(works: Works) -> None:
    activity = works.send_campaign(_people(works), **SMS)

    assert (works.phones.body(ANN), works.phones.body(BOB)) == ("Hello Ann", "Hello Bob")
    assert sorted(works.phones.numbers) == [ANN, BOB]
    (first, *_) = works.phones.texts
    assert (first["MessageType"], first["OriginationIdentity"]) == ("PROMOTIONAL", "+12065550199")
    assert first["Context"]["run"] == activity["Id"]
    assert works.statuses() == {"ann": "SUCCESS", "bob": "SUCCESS"}
    assert held_in_balance(activity)
    assert activity["ExecutionMetrics"]["LeftOut.OPT_OUT"] == "1"


def test_a_campaign_on_two_channels_takes_each_endpoint_by_its_own(works: Works) -> None:
    segment = _segment(works, f"SMS,{ANN},ann,NONE,Ann", "EMAIL,bob@example.com,bob,NONE,Bob")
    both = {"MessageConfiguration": {**SMS["MessageConfiguration"], **EMAIL["MessageConfiguration"]}}
    works.send_campaign(segment, **both)
    assert (works.phones.numbers, works.mail.addresses) == ([ANN], ["bob@example.com"])


def test_a_template_and_the_channel_fill_what_the_message_leaves_out(works: Works) -> None:
    works.pinpoint.create_sms_template(
        TemplateName="t",
        SMSTemplateRequest={
            "Body": "{{x}}, {{User.UserAttributes.Name}}",
            "DefaultSubstitutions": '{"x": "Hi"}',
        },
    )
    works.pinpoint.update_sms_channel(ApplicationId=works.app, SMSChannelRequest={"SenderId": "SHOP"})
    works.send_campaign(
        _people(works), MessageConfiguration={}, TemplateConfiguration={"SMSTemplate": {"Name": "t"}}
    )
    assert works.phones.body(ANN) == "Hi, Ann"
    assert {text["OriginationIdentity"] for text in works.phones.texts} == {"SHOP"}


def test_what_the_phone_service_refuses_has_its_status_and_the_others_get_theirs(works: Works) -> None:
    segment = _people(works)
    works.phones.opted_out.add(ANN)
    works.phones.errors[BOB] = [refusal("InternalServerException")]

    activity = works.send_campaign(segment, **SMS)

    assert works.statuses() == {"ann": "FAILURE_PERMANENT", "bob": "UNKNOWN"}
    assert held_in_balance(activity)
    (opt_out,) = [record for record in works.stream() if record["event_type"] == "_SMS.OPTOUT"]
    assert opt_out["client"] == {"client_id": "ann"}
    assert opt_out["attributes"] == {
        "sender_request_id": activity["Id"],
        "destination_phone_number": ANN,
        "record_status": "OPTED_OUT",
        "treatment_id": "0",
        "campaign_activity_id": activity["Id"],
        "campaign_id": activity["CampaignId"],
        "customer_context": "{}",
    }


def test_a_message_given_out_twice_is_sent_once(works: Works) -> None:
    works.start_campaign(_people(works), **SMS)
    works.run(copies=2)
    assert sorted(works.phones.numbers) == [ANN, BOB]


def test_a_disabled_channel_fails_the_run_for_everybody(works: Works) -> None:
    works.pinpoint.update_sms_channel(ApplicationId=works.app, SMSChannelRequest={"Enabled": False})
    activity = works.send_campaign(_people(works), **SMS)
    assert works.statuses() == {"ann": "FAILURE_PERMANENT", "bob": "FAILURE_PERMANENT"}
    assert held_in_balance(activity)
    assert works.phones.texts == []


def test_while_safe_nobody_is_sent_to_and_the_count_says_why(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "safe")
    activity = works.send_campaign(_people(works), **SMS)
    assert works.phones.texts == []
    assert activity["ExecutionMetrics"]["NotSent.SAFETY_CATCH"] == "2"


def test_a_hook_sees_the_text_message(works: Works) -> None:
    seen: list[Any] = []

    def hook(event: dict[str, Any]) -> dict[str, Any]:
        seen.append(event["MessageConfiguration"])
        endpoints: dict[str, Any] = event["Endpoints"]
        return endpoints

    works.functions.named["hook"] = hook
    works.send_campaign(_people(works), **SMS, Hook={"LambdaFunctionName": "hook", "Mode": "FILTER"})
    assert seen == [SMS["MessageConfiguration"]]


def test_a_report_on_a_campaigns_text_names_the_run_and_the_endpoint(works: Works) -> None:
    activity = works.send_campaign(_people(works), **SMS)
    context = next(t["Context"] for t in works.phones.texts if t["DestinationPhoneNumber"] == ANN)
    detail = {
        "eventType": "TEXT_DELIVERED",
        "eventTimestamp": 1_795_521_600_000,
        "isFinal": True,
        "messageId": "text-1",
        "messageStatus": "DELIVERED",
        "context": context,
    }
    work(works.context, Message({"source": "aws.sms-voice", "detail": detail}))
    works.run()

    (record,) = [record for record in works.stream() if record["event_type"] == "_SMS.SUCCESS"]
    assert record["client"] == {"client_id": "ann"}
    assert record["attributes"]["campaign_activity_id"] == activity["Id"]
    assert record["attributes"]["destination_phone_number"] == ANN
    assert json.loads(record["attributes"]["customer_context"]) == {}
