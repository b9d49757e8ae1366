"""What follows an import that sends: who takes a turn, who starts a campaign, and who watches its end."""

import json
import re
from functools import cache
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import (
    Audit,
    ByCustomChannel,
    ByEmail,
    BySms,
    CampaignHook,
    ImportBucket,
    IPinpointProject,
    Limits,
    ThenSend,
)
from tests.infra.test_import_bucket import PROJECT, importing
from tests.support.templates import flat, only, plain, reach, resources, template_of, timeouts, variables

_HASH = re.compile(r"(?<=[a-z])[0-9A-F]{8}(?![0-9A-Za-z])")
DEAD_LETTERS = {"sqs:SendMessage"}
READS_AND_RENEWS = {"dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
NEWS = ThenSend(
    ByEmail("news"),
    campaign_name="news",
    limits=Limits(daily=2),
    at_most_bad=0.01,
    at_once=3,
    holdout_percent=5,
)


def sending(then_send: ThenSend = NEWS) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        ImportBucket(stack, "Import", project=project).imports_segments(then_send=then_send)

    return template_of(build)


@cache
def without_campaigns() -> Template:
    return importing()


@pytest.fixture(scope="module")
def sends() -> Template:
    return sending()


@pytest.fixture(scope="module")
def states(sends: Template) -> dict[str, Any]:
    definition = flat(only(sends, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    states: dict[str, Any] = json.loads(definition)["States"]
    return states


def campaign_of(template: Template) -> dict[str, Any]:
    """The request that the start is told to make."""
    request: dict[str, Any] = json.loads(flat(variables(template, "CampaignSend")["CAMPAIGN"]))
    return request


def test_a_turn_is_taken_by_who_may_read_campaigns_and_change_the_line(sends: Template) -> None:
    assert reach(sends, "CampaignTurnRole") == {
        PROJECT: {"mobiletargeting:GetCampaigns"},
        "<ImportSendsCampaignTurns.Arn>": READS_AND_RENEWS | {"dynamodb:PutItem"},
        "<ImportSendsCampaignTurnDeadLettersQueue.Arn>": DEAD_LETTERS,
    }


def test_a_campaign_is_made_by_who_marks_the_version_first_and_makes_nothing_else(sends: Template) -> None:
    assert reach(sends, "CampaignSendRole") == {
        PROJECT: {"mobiletargeting:CreateCampaign", "mobiletargeting:GetCampaigns"},
        "<ImportSendsLedger.Arn>": {"dynamodb:UpdateItem"},
        "<ImportSendsCampaignTurns.Arn>": READS_AND_RENEWS,
        "<ImportSendsCampaignSendDeadLettersQueue.Arn>": DEAD_LETTERS,
    }


def test_a_campaigns_end_is_watched_by_who_changes_no_campaign(sends: Template) -> None:
    assert reach(sends, "CampaignWatchRole") == {
        f"{PROJECT}/campaigns/*": {"mobiletargeting:GetCampaign"},
        "<ImportSendsCampaignTurns.Arn>": READS_AND_RENEWS,
        "<ImportSendsCampaignWatchDeadLettersQueue.Arn>": DEAD_LETTERS,
    }


def test_each_function_is_told_what_it_needs_and_how_many_may_run(sends: Template) -> None:
    common = {"POWERTOOLS_SERVICE_NAME", "APPLICATION_ID", "TURNS_TABLE", "AT_ONCE", "CAMPAIGN_NAME"}
    turn, start, watch = (variables(sends, f"Campaign{name}Function") for name in ("Turn", "Send", "Watch"))
    assert set(turn) == common | {"AT_MOST_BAD"}
    assert set(start) == common | {"LEDGER_TABLE", "CAMPAIGN"}
    assert set(watch) == common
    assert (turn["AT_ONCE"], turn["AT_MOST_BAD"], turn["CAMPAIGN_NAME"]) == ("3", "0.01", "news")
    assert plain(flat(start["LEDGER_TABLE"])) == "<ImportSendsLedger>"
    assert {plain(flat(each["TURNS_TABLE"])) for each in (turn, start, watch)} == {
        "<ImportSendsCampaignTurns>"
    }


def test_a_step_outlives_the_longest_call_of_the_api(sends: Template) -> None:
    steps = {name: took for name, took in timeouts(sends).items() if name.startswith("ImportSendsCampaign")}
    assert steps == {f"ImportSendsCampaign{step}Function": 60 for step in ("Turn", "Send", "Watch")}


def test_turns_are_seats_and_places_in_one_table(sends: Template) -> None:
    table = only(sends, "AWS::DynamoDB::GlobalTable", "CampaignTurns")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk", "sk"]


def test_the_state_machine_invokes_the_campaigns_functions_and_claims_as_before(sends: Template) -> None:
    found = reach(sends, "StateMachineRoleDefaultPolicy")
    invoked = {each for each, actions in found.items() if actions == {"lambda:InvokeFunction"}}
    steps = ("Check", "Start", "Poll", "Report", "CampaignTurn", "CampaignSend", "CampaignWatch")
    assert invoked == {
        f"<ImportSends{step}Function.Arn>{version}" for step in steps for version in ("", ":*")
    }
    before = reach(without_campaigns(), "StateMachineRoleDefaultPolicy")
    others = {
        each.replace("Segments", "Sends"): actions
        for each, actions in before.items()
        if actions != {"lambda:InvokeFunction"}
    }
    assert {each: actions for each, actions in found.items() if each not in invoked} == others


def test_all_that_is_no_campaign_is_as_in_an_import_that_sends_nothing(sends: Template) -> None:
    own, same = _told(sends), _told(without_campaigns())
    for told in (own, same):
        del told["ImportSendsStateMachine"]["Properties"]["DefinitionString"]
        # It may invoke more functions, as told above.
        del told["ImportSendsStateMachineRoleDefaultPolicy"]
    for name, before in same.items():
        assert own.get(name) == before, name


def test_an_execution_may_wait_for_a_week(sends: Template) -> None:
    definition = flat(only(sends, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    assert json.loads(definition)["TimeoutSeconds"] == 7 * 86_400


def test_the_campaign_follows_an_import_that_is_done(states: dict[str, Any]) -> None:
    failed, done = states["Done?"]["Choices"]
    assert (failed["StringEquals"], failed["Next"]) == ("FAILED", "ReportFailure")
    assert done["Next"] == "TakeTurn"
    assert states["Anything to import?"]["Default"] == "ReportResult"


def test_a_turn_starts_a_campaign_a_line_is_waited_in_and_a_bad_file_is_told(states: dict[str, Any]) -> None:
    assert _ways(states["Turn?"]) == {"TURN": "StartCampaign", "WAIT": "WaitForTurn", "": "ReportResult"}
    assert states["WaitForTurn"]["Next"] == "TakeTurn"
    assert _ways(states["Started?"]) == {
        "STARTED": "ReportCampaign",
        "WAIT": "WaitForTurn",
        "": "ReportFailure",
    }


def test_a_campaign_is_reported_when_it_has_started_and_watched_until_it_has_ended(
    states: dict[str, Any],
) -> None:
    assert states["ReportCampaign"]["Next"] == "WaitForCampaign"
    assert states["WaitForCampaign"]["Next"] == "WatchCampaign"
    assert states["Ended?"]["Choices"][0]["Next"] == "Sent"
    assert states["Ended?"]["Default"] == "WaitForCampaign"


def test_every_step_before_the_report_that_fails_is_reported(states: dict[str, Any]) -> None:
    for step in ("TakeTurn", "StartCampaign", "ReportCampaign"):
        assert [catch["Next"] for catch in states[step]["Catch"]] == ["ReportFailure"], step
    assert [catch["Next"] for catch in states["WatchCampaign"]["Catch"]] == ["Unwatched"]
    assert states["Unwatched"]["Type"] == "Fail"


def test_a_new_object_below_sends_starts_it_with_the_time_of_its_arrival(sends: Template) -> None:
    rule = only(sends, "AWS::Events::Rule")
    assert rule["EventPattern"].get("detail", {}).get("object") == {"key": [{"prefix": "sends/"}]}
    transformed = rule["Targets"][0]["InputTransformer"]
    assert transformed["InputPathsMap"]["time"] == "$.time"
    assert '"arrived":<time>' in transformed["InputTemplate"]


def test_a_campaign_says_at_once_with_the_limits_and_the_holdout_that_were_asked_for(sends: Template) -> None:
    assert campaign_of(sends) == {
        "Schedule": {"StartTime": "IMMEDIATE"},
        "TemplateConfiguration": {"EmailTemplate": {"Name": "news"}},
        "Limits": {"Daily": 2},
        "HoldoutPercent": 5,
    }


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (
            ByEmail("news", "2", "shop@example.com"),
            {
                "TemplateConfiguration": {"EmailTemplate": {"Name": "news", "Version": "2"}},
                "MessageConfiguration": {"EmailMessage": {"FromAddress": "shop@example.com"}},
            },
        ),
        (
            BySms("code", message_type="TRANSACTIONAL", origination_number="+15550100", sender_id="SHOP"),
            {
                "TemplateConfiguration": {"SMSTemplate": {"Name": "code"}},
                "MessageConfiguration": {
                    "SMSMessage": {
                        "MessageType": "TRANSACTIONAL",
                        "OriginationNumber": "+15550100",
                        "SenderId": "SHOP",
                    }
                },
            },
        ),
        (
            ByCustomChannel("https://example.com/hook", '{"offer": 3}', ("CUSTOM", "EMAIL")),
            {
                "MessageConfiguration": {"CustomMessage": {"Data": '{"offer": 3}'}},
                "CustomDeliveryConfiguration": {
                    "DeliveryUri": "https://example.com/hook",
                    "EndpointTypes": ["CUSTOM", "EMAIL"],
                },
            },
        ),
    ],
)
def test_each_channel_has_its_own_message(by: ByEmail | BySms | ByCustomChannel, message: Any) -> None:
    assert campaign_of(sending(ThenSend(by))) == {"Schedule": {"StartTime": "IMMEDIATE"}, **message}


def test_a_hook_is_asked_for_each_campaign_that_says_so() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        hook = CampaignHook(stack, "Audit", project=project, filters=[Audit()])
        ImportBucket(stack, "Import", project=project).imports_segments(
            then_send=ThenSend(ByEmail("news"), hook=hook.function)
        )

    hook = campaign_of(template_of(build))["Hook"]
    assert hook["Mode"] == "FILTER"
    assert plain(hook["LambdaFunctionName"]) == "<AuditHookFunction.Arn>"


def test_one_bucket_sends_to_some_segments_and_not_to_others() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        bucket = ImportBucket(stack, "Import", project=project)
        bucket.imports_segments()
        bucket.imports_segments(then_send=NEWS)

    rules = resources(template_of(build), "AWS::Events::Rule")
    prefixes = [rule["EventPattern"]["detail"]["object"]["key"] for rule in rules.values()]
    assert sorted(prefixes, key=str) == [[{"prefix": "segments/"}], [{"prefix": "sends/"}]]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"campaign_name": ""}, "campaign_name must have 1 to 20 characters, got ''"),
        ({"campaign_name": "n" * 21}, "campaign_name must have 1 to 20 characters"),
        ({"holdout_percent": 101}, "holdout_percent must be 0 to 100, got 101"),
        ({"at_most_bad": 1.5}, "at_most_bad must be 0 to 1, got 1.5"),
        ({"at_once": 0}, "at_once must be 1 to 100, got 0"),
    ],
)
def test_a_setting_that_is_not_allowed_is_refused_by_name(option: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ThenSend(ByEmail("news"), **option)


def test_data_for_a_custom_channel_fits_beside_the_rest_of_the_campaign() -> None:
    with pytest.raises(ValueError, match="data must have at most 2048 bytes, got 2049"):
        ByCustomChannel("https://example.com/hook", "ü" * 1024 + "x")


def _ways(choice: dict[str, Any]) -> dict[str, str]:
    """Where each outcome leads, and under the empty one where any other does."""
    return {each["StringEquals"]: each["Next"] for each in choice["Choices"]} | {"": choice["Default"]}


def _told(template: Template) -> dict[str, dict[str, Any]]:
    """Each resource by its logical id, with no hash in it and one name for both kinds of import."""
    text = json.dumps(template.to_json()["Resources"])
    text = text.replace("ImportSegments", "ImportSends").replace("segments/", "sends/")
    told: dict[str, dict[str, Any]] = json.loads(_HASH.sub("", text))
    return told
