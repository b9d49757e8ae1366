"""A bucket whose files become segments: who reads what, what starts, and what is said at the end."""

import json
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from pinpoint_patterns import ImportBucket, IPinpointProject
from tests.support.templates import (
    APPLICATION_ID,
    allowed,
    flat,
    only,
    plain,
    reach,
    resources,
    template_of,
    thresholds,
    timeouts,
    variables,
)

PROJECT = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"


def importing() -> Template:
    return template_of(
        lambda stack, project: ImportBucket(stack, "Import", project=project).imports_segments()
    )


@pytest.fixture(scope="module")
def template() -> Template:
    return importing()


@pytest.fixture(scope="module")
def states(template: Template) -> dict[str, Any]:
    definition = flat(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    states: dict[str, Any] = json.loads(definition)["States"]
    return states


def test_people_in_files_are_forgotten_in_time(template: Template) -> None:
    rules = only(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule.get("ExpirationInDays") for rule in rules}
    assert days == {
        "segments/": 90,
        "sends/": 90,
        "endpoints/": 90,
        "changes/": 90,
        "accepted/": 90,
        "quarantine/": 30,
    }
    assert {rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in rules} == {1}


def test_only_pinpoint_for_this_project_takes_the_import_role(template: Template) -> None:
    (statement,) = only(template, "AWS::IAM::Role", "ImportImportRole")["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert statement["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    condition = statement.get("Condition", {})
    assert condition.get("StringEquals") == {"aws:SourceAccount": "111122223333"}
    assert "apps/0123456789abcdef" in flat(condition["ArnLike"]["aws:SourceArn"])


def test_the_import_role_reads_what_was_accepted_and_nothing_else(template: Template) -> None:
    assert reach(template, "ImportRead") == {
        "<ImportBucket.Arn>/accepted/*": {"s3:GetObject"},
        "<ImportBucket.Arn>": {"s3:ListBucket"},
    }
    statements = only(template, "AWS::IAM::Policy", "ImportRead")["PolicyDocument"]["Statement"]
    conditions = [statement.get("Condition") for statement in statements]
    assert conditions == [None, {"StringLike": {"s3:prefix": "accepted/*"}}]


def test_the_check_reads_dropped_files_and_writes_both_sides(template: Template) -> None:
    writing = {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert reach(template, "SegmentsCheckRole") == {
        "<ImportBucket.Arn>/segments/*": {"s3:GetObject", "s3:GetObjectVersion"},
        "<ImportBucket.Arn>/accepted/*": writing,
        "<ImportBucket.Arn>/quarantine/*": writing,
        "<ImportSegmentsCheckDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_start_may_make_import_jobs_and_pass_the_import_role_only(template: Template) -> None:
    assert reach(template, "SegmentsStartRole") == {
        PROJECT: {"mobiletargeting:CreateImportJob", "mobiletargeting:GetImportJobs"},
        "<ImportImportRole.Arn>": {"iam:PassRole"},
        "<ImportSegmentsLedger.Arn>": {"dynamodb:UpdateItem"},
        "<ImportSegmentsStartDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_poll_may_look_at_import_jobs_only(template: Template) -> None:
    assert reach(template, "SegmentsPollRole") == {
        f"{PROJECT}/jobs/import/*": {"mobiletargeting:GetImportJob"},
        "<ImportSegmentsPollDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_report_writes_reports_and_tells_one_topic(template: Template) -> None:
    assert reach(template, "SegmentsReportRole") == {
        f"{PROJECT}/jobs/import/*": {"mobiletargeting:GetImportJob"},
        "<ImportBucket.Arn>/reports/*": {"s3:PutObject"},
        "<ImportSegmentsTopic>": {"sns:Publish"},
        "<ImportSegmentsReportDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_state_machine_invokes_its_own_functions_claims_and_logs(template: Template) -> None:
    found = reach(template, "SegmentsStateMachineRole")
    for step in ("Check", "Start", "Poll", "Report"):
        for version in ("", ":*"):
            arn = f"<ImportSegments{step}Function.Arn>{version}"
            assert found.pop(arn, None) == {"lambda:InvokeFunction"}, arn
    logging_and_tracing = found.pop("*", set())
    assert logging_and_tracing == {
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    }
    # The step that claims names the table by its name, the grant by its ARN.
    assert found == {
        "<ImportSegmentsLedger.Arn>": {"dynamodb:PutItem"},
        "arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table/<ImportSegmentsLedger>": {
            "dynamodb:PutItem"
        },
    }


def test_a_new_object_may_start_this_state_machine_and_no_other(template: Template) -> None:
    assert reach(template, "StateMachineEventsRole") == {
        "<ImportSegmentsStateMachine>": {"states:StartExecution"}
    }


def test_each_function_is_told_where_its_work_is(template: Template) -> None:
    own = "POWERTOOLS_SERVICE_NAME"
    assert set(variables(template, "SegmentsCheck")) == {own}
    assert set(variables(template, "SegmentsStart")) == {
        own,
        "APPLICATION_ID",
        "IMPORT_ROLE_ARN",
        "LEDGER_TABLE",
    }
    assert set(variables(template, "SegmentsPoll")) == {own, "APPLICATION_ID"}
    assert set(variables(template, "SegmentsReport")) == {own, "APPLICATION_ID", "TOPIC_ARN"}


def test_a_large_file_has_a_quarter_of_an_hour_to_be_checked(template: Template) -> None:
    assert timeouts(template) == {
        "ImportSegmentsCheckFunction": 900,
        "ImportSegmentsStartFunction": 60,
        "ImportSegmentsPollFunction": 60,
        "ImportSegmentsReportFunction": 60,
    }


def test_a_version_is_claimed_by_its_key_alone(template: Template) -> None:
    ledger = only(template, "AWS::DynamoDB::GlobalTable", "Ledger")
    assert [key["AttributeName"] for key in ledger.get("KeySchema", [])] == ["pk"]


def test_every_execution_is_logged_and_traced(template: Template) -> None:
    machine = only(template, "AWS::StepFunctions::StateMachine")
    logging = machine.get("LoggingConfiguration", {})
    assert logging.get("Level") == "ALL"
    assert "<ImportSegmentsLogs" in flat(logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"])
    assert machine.get("TracingConfiguration") == {"Enabled": True}


def test_each_new_object_below_segments_starts_an_import(template: Template) -> None:
    pattern = only(template, "AWS::Events::Rule")["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "segments/"}]}
    bucket = only(template, "AWS::S3::Bucket")
    told = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert bucket.get("NotificationConfiguration") == told


def test_an_event_that_cannot_start_an_import_is_kept(template: Template) -> None:
    targets = only(template, "AWS::Events::Rule").get("Targets", [])
    kept = [flat(target.get("DeadLetterConfig", {}).get("Arn", "")) for target in targets]
    assert [plain(arn) for arn in kept] == ["<ImportSegmentsDeadLettersQueue.Arn>"]
    allowed = only(template, "AWS::SQS::QueuePolicy", "ImportSegmentsDeadLettersQueue")["PolicyDocument"]
    by_the_rule = [statement for statement in allowed["Statement"] if statement["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in by_the_rule] == [{"Service": "events.amazonaws.com"}]
    assert "NewObject" in str(by_the_rule[0].get("Condition", {}).get("ArnEquals", {}))


def test_the_first_step_claims_the_version_and_who_comes_second_stops(states: dict[str, Any]) -> None:
    claim = states["Claim"]
    assert "attribute_not_exists(pk)" in claim["Parameters"]["ConditionExpression"]
    assert "$.object.version_id" in str(claim["Parameters"]["Item"]["pk"])
    refused = next(catch for catch in claim["Catch"] if "ConditionalCheckFailed" in str(catch))
    assert states[refused["Next"]]["Type"] == "Succeed"


def test_every_step_that_fails_ends_in_a_report_and_a_failed_execution(states: dict[str, Any]) -> None:
    for step in ("Claim", "CheckRows", "StartImport", "PollImport", "ReportResult"):
        caught = {tuple(catch["ErrorEquals"]): catch["Next"] for catch in states[step]["Catch"]}
        assert caught[("States.ALL",)] == "ReportFailure", step
    assert states["ReportFailure"]["Next"] == "Failed"
    assert states["Failed"]["Type"] == "Fail"


def test_an_import_job_that_fails_fails_the_execution(states: dict[str, Any]) -> None:
    first, second = states["Done?"]["Choices"]
    assert (first["StringEquals"], first["Next"]) == ("FAILED", "ReportFailure")
    assert second["Next"] == "ReportResult"


def test_a_refused_file_is_reported_without_an_import(states: dict[str, Any]) -> None:
    assert states["Anything to import?"]["Default"] == "ReportResult"


def test_only_a_state_machine_of_this_account_takes_its_role(template: Template) -> None:
    role = only(template, "AWS::IAM::Role", "StateMachineRole")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement.get("Condition", {}).get("StringEquals") == {"aws:SourceAccount": "111122223333"}


def test_a_failed_execution_rings_an_alarm(template: Template) -> None:
    alarm = only(template, "AWS::CloudWatch::Alarm", "FailedAlarm")
    assert thresholds(template) == {"ImportSegmentsFailedAlarm": ("", ">=", 1)}
    assert "ExecutionsFailed" in str(alarm)
    assert "ExecutionsTimedOut" in str(alarm)


def test_files_of_endpoints_take_the_same_way_below_their_own_prefix() -> None:
    template = template_of(
        lambda stack, project: ImportBucket(stack, "Import", project=project).imports_endpoints()
    )
    pattern = only(template, "AWS::Events::Rule")["EventPattern"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "endpoints/"}]}
    assert reach(template, "EndpointsCheckRole")["<ImportBucket.Arn>/endpoints/*"] == {
        "s3:GetObject",
        "s3:GetObjectVersion",
    }
    assert "<ImportBucket.Arn>/segments/*" not in reach(template, "EndpointsCheckRole")


def test_one_bucket_takes_files_of_both_kinds() -> None:
    def both(stack: Stack, project: IPinpointProject) -> None:
        bucket = ImportBucket(stack, "Import", project=project)
        bucket.imports_segments()
        bucket.imports_endpoints()

    rules = resources(template_of(both), "AWS::Events::Rule")
    prefixes = [rule["EventPattern"]["detail"]["object"]["key"] for rule in rules.values()]
    assert sorted(prefixes, key=str) == [[{"prefix": "endpoints/"}], [{"prefix": "segments/"}]]


def test_a_key_of_ones_own_reaches_all_that_read_and_write() -> None:
    template = template_of(
        lambda stack, project: ImportBucket(
            stack, "Import", project=project, encryption_key=kms.Key(stack, "Key")
        ).imports_segments()
    )
    assert reach(template, "ImportRead")["<Key.Arn>"] == {"kms:Decrypt"}
    assert "kms:Decrypt" in allowed(template, "SegmentsCheckRole")
    assert "kms:GenerateDataKey*" in allowed(template, "SegmentsReportRole")
