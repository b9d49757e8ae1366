"""A bucket whose files become segments: who reads what, what starts, and what is said at the end."""

import json
from typing import Any

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from pinpoint_patterns import ImportBucket
from tests.support.templates import allowed, flat, only, template_of


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(
        lambda stack, project: ImportBucket(stack, "Import", project=project).imports_segments()
    )


@pytest.fixture(scope="module")
def states(template: Template) -> dict[str, Any]:
    definition = flat(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    states: dict[str, Any] = json.loads(definition)["States"]
    return states


def grants(template: Template, named: str) -> dict[str, str]:
    found = {action: flat(arn) for action, arn in allowed(template, named).items()}
    return {action: arn for action, arn in found.items() if not action.startswith("logs:")}


def test_the_bucket_is_private_encrypted_versioned_and_kept(template: Template) -> None:
    bucket = only(template, "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})


def test_the_bucket_speaks_tls_only(template: Template) -> None:
    statements = only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    denied = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [statement["Condition"] for statement in denied]


def test_people_in_files_are_forgotten_in_time(template: Template) -> None:
    rules = only(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert days == {"segments/": 90, "accepted/": 90, "quarantine/": 30}
    assert {rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in rules} == {1}


def test_only_pinpoint_for_this_project_takes_the_import_role(template: Template) -> None:
    (statement,) = only(template, "AWS::IAM::Role", "ImportImportRole")["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert statement["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}
    assert "apps/0123456789abcdef" in flat(statement["Condition"]["ArnLike"]["aws:SourceArn"])


def test_the_import_role_reads_what_was_accepted_and_nothing_else(template: Template) -> None:
    found = grants(template, "ImportRead")
    assert set(found) == {"s3:GetObject", "s3:ListBucket"}
    assert found["s3:GetObject"].endswith(".Arn>/accepted/*")
    statements = only(template, "AWS::IAM::Policy", "ImportRead")["PolicyDocument"]["Statement"]
    assert statements[1]["Condition"] == {"StringLike": {"s3:prefix": "accepted/*"}}


def test_the_check_reads_dropped_files_and_writes_both_sides(template: Template) -> None:
    found = grants(template, "SegmentsCheckRole")
    assert set(found) == {
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "sqs:SendMessage",
    }
    assert found["s3:GetObject"].endswith("/segments/*")
    for writing in ("s3:PutObject", "s3:AbortMultipartUpload"):
        assert {arn.rsplit(">", 1)[1] for arn in found[writing].split()} == {"/accepted/*", "/quarantine/*"}


def test_the_start_may_make_import_jobs_and_pass_the_import_role_only(template: Template) -> None:
    found = grants(template, "SegmentsStartRole")
    assert set(found) == {
        "mobiletargeting:CreateImportJob",
        "mobiletargeting:GetImportJobs",
        "iam:PassRole",
        "dynamodb:UpdateItem",
        "sqs:SendMessage",
    }
    assert found["iam:PassRole"].startswith("<ImportImportRole")


def test_the_poll_may_look_at_import_jobs_only(template: Template) -> None:
    assert set(grants(template, "SegmentsPollRole")) == {"mobiletargeting:GetImportJob", "sqs:SendMessage"}


def test_the_report_writes_reports_and_tells_one_topic(template: Template) -> None:
    found = grants(template, "SegmentsReportRole")
    assert set(found) == {"mobiletargeting:GetImportJob", "s3:PutObject", "sns:Publish", "sqs:SendMessage"}
    assert found["s3:PutObject"].endswith("/reports/*")


def test_each_new_object_below_segments_starts_an_import(template: Template) -> None:
    pattern = only(template, "AWS::Events::Rule")["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "segments/"}]}
    bucket = only(template, "AWS::S3::Bucket")
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_an_event_that_cannot_start_an_import_is_kept(template: Template) -> None:
    (target,) = only(template, "AWS::Events::Rule")["Targets"]
    assert "DeadLetters" in flat(target["DeadLetterConfig"]["Arn"])


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
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}


def test_a_failed_execution_rings_an_alarm(template: Template) -> None:
    alarm = only(template, "AWS::CloudWatch::Alarm", "FailedAlarm")
    assert alarm["Threshold"] == 1
    assert "ExecutionsFailed" in str(alarm)
    assert "ExecutionsTimedOut" in str(alarm)


def test_the_topic_is_encrypted_and_speaks_tls_only(template: Template) -> None:
    assert "KmsMasterKeyId" in only(template, "AWS::SNS::Topic")
    assert "aws:SecureTransport" in str(only(template, "AWS::SNS::TopicPolicy"))


def test_a_key_of_ones_own_reaches_all_that_read_and_write() -> None:
    template = template_of(
        lambda stack, project: ImportBucket(
            stack, "Import", project=project, encryption_key=kms.Key(stack, "Key")
        ).imports_segments()
    )
    assert grants(template, "ImportRead")["kms:Decrypt"].startswith("<Key")
    assert "kms:Decrypt" in grants(template, "SegmentsCheckRole")
    assert "kms:GenerateDataKey*" in grants(template, "SegmentsReportRole")
