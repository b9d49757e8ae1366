"""What the audience sync promises, asked of its template."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from pinpoint_patterns import AudienceSync, ImportBucket, IPinpointProject
from tests.support.templates import (
    APPLICATION_ID,
    CONSUMES,
    SENDS,
    allowed,
    only,
    reach,
    resources,
    template_of,
    thresholds,
    timeouts,
    variables,
)

PROJECT = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"
STATE = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchGetItem"}


def sync_template(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        # The bucket has tests of its own.
        bucket = ImportBucket(stack, "Import", project=project)
        sync = AudienceSync(stack, "Sync", project=project, import_bucket=bucket, **options)
        sync.grant_send(iam.Role(stack, "Producer", assumed_by=iam.AccountRootPrincipal()))

    return template_of(build)


@pytest.fixture(scope="module")
def sync() -> Template:
    return sync_template()


def test_the_worker_may_change_endpoints_claim_file_and_bury_and_nothing_else(sync: Template) -> None:
    assert reach(sync, "SyncChangesWorkerRole") == {
        "<SyncChangesMessagesQueue.Arn>": CONSUMES | SENDS,
        "<SyncChangesMessagesDeadLettersQueue.Arn>": SENDS,
        "<SyncChangesWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
        "<SyncFilesMessagesQueue.Arn>": SENDS,
        "<SyncState.Arn>": STATE,
        "<ImportBucket.Arn>/endpoints/audience-sync/*": {"s3:PutObject"},
        "<ImportBucket.Arn>/changes/*": {"s3:PutObject"},
        f"{PROJECT}/endpoints/*": {"mobiletargeting:DeleteEndpoint"},
        PROJECT: {"mobiletargeting:UpdateEndpointsBatch"},
        f"{PROJECT}/users/*": {"mobiletargeting:GetUserEndpoints"},
    }


def test_the_files_worker_reads_what_was_filed_and_what_was_reported_and_settles(sync: Template) -> None:
    assert reach(sync, "SyncFilesWorkerRole") == {
        "<SyncFilesMessagesQueue.Arn>": CONSUMES,
        "<SyncFilesMessagesDeadLettersQueue.Arn>": SENDS,
        "<SyncFilesWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
        "<SyncChangesMessagesQueue.Arn>": SENDS,
        "<SyncChangesMessagesDeadLettersQueue.Arn>": SENDS,
        "<SyncState.Arn>": STATE,
        "<ImportBucket.Arn>/endpoints/audience-sync/*": {"s3:GetObject"},
        "<ImportBucket.Arn>/changes/*": {"s3:GetObject"},
        "<ImportBucket.Arn>/reports/audience-sync/*": {"s3:GetObject"},
        "<ImportBucket.Arn>/quarantine/audience-sync/*": {"s3:GetObject"},
        "<ImportBucket.Arn>": {"s3:ListBucket"},
    }


def test_the_files_worker_lists_its_own_prefixes_only(sync: Template) -> None:
    statements = only(sync, "AWS::IAM::Policy", "SyncFilesWorkerRole")["PolicyDocument"]["Statement"]
    (listing,) = (each for each in statements if each["Action"] == "s3:ListBucket")
    assert listing.get("Condition") == {
        "StringLike": {
            "s3:prefix": ["reports/audience-sync/*", "endpoints/audience-sync/*", "changes/*"],
        }
    }


def test_a_producer_may_only_send(sync: Template) -> None:
    assert reach(sync, "ProducerDefaultPolicy") == {"<SyncChangesMessagesQueue.Arn>": SENDS}


def test_the_queue_is_no_fifo_queue_and_hands_over_a_hundred(sync: Template) -> None:
    queue = only(sync, "AWS::SQS::Queue", "SyncChangesMessagesQueue")
    assert "FifoQueue" not in queue
    mapping = only(sync, "AWS::Lambda::EventSourceMapping", "SyncChangesWorker")
    assert mapping.get("BatchSize") == 100
    assert mapping.get("MaximumBatchingWindowInSeconds") == 2
    assert mapping.get("ScalingConfig") == {"MaximumConcurrency": 5}
    assert mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]


def test_files_are_looked_at_one_by_one(sync: Template) -> None:
    mapping = only(sync, "AWS::Lambda::EventSourceMapping", "SyncFilesWorker")
    assert mapping.get("BatchSize") == 1
    assert mapping.get("ScalingConfig") == {"MaximumConcurrency": 2}
    assert mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]


def test_a_claim_holds_longer_than_the_worker_lives_and_its_last_call(sync: Template) -> None:
    lives = timeouts(sync)["SyncChangesWorkerFunction"]
    assert lives == 180
    assert int(variables(sync, "SyncChangesWorker")["LEASE_SECONDS"]) > lives + 29
    assert timeouts(sync)["SyncFilesWorkerFunction"] == 120


def test_a_message_is_hidden_for_longer_than_a_claim_holds(sync: Template) -> None:
    queue = only(sync, "AWS::SQS::Queue", "SyncChangesMessagesQueue")
    assert queue.get("VisibilityTimeout", 30) == 1080
    assert only(sync, "AWS::SQS::Queue", "SyncFilesMessagesQueue").get("VisibilityTimeout", 30) == 720


def test_the_worker_is_told_where_its_work_is_and_how_fast_to_be(sync: Template) -> None:
    told = variables(sync, "SyncChangesWorker")
    assert set(told) == {
        "APPLICATION_ID",
        "BATCHES_PER_SECOND",
        "DEAD_LETTERS_URL",
        "DELETIONS_PER_SECOND",
        "FILES_QUEUE_URL",
        "GIVE_UP_AFTER_SECONDS",
        "IMPORT_ABOVE",
        "IMPORT_BUCKET",
        "KEEP_DELETED_SECONDS",
        "LEASE_SECONDS",
        "POWERTOOLS_SERVICE_NAME",
        "QUEUE_URL",
        "STATE_TABLE",
    }
    paced = {name: told[name] for name in ("BATCHES_PER_SECOND", "DELETIONS_PER_SECOND", "IMPORT_ABOVE")}
    assert paced == {"BATCHES_PER_SECOND": "2", "DELETIONS_PER_SECOND": "5", "IMPORT_ABOVE": "20000"}
    assert told["GIVE_UP_AFTER_SECONDS"] == str(3 * 86400)
    assert told["KEEP_DELETED_SECONDS"] == str(90 * 86400)


def test_the_files_worker_is_told_where_everything_is(sync: Template) -> None:
    assert set(variables(sync, "SyncFilesWorker")) == {
        "CHANGES_DEAD_LETTERS_URL",
        "CHANGES_QUEUE_URL",
        "DEAD_LETTERS_URL",
        "IMPORT_BUCKET",
        "KEEP_DELETED_SECONDS",
        "POWERTOOLS_SERVICE_NAME",
        "QUEUE_URL",
        "STATE_TABLE",
    }


def test_what_was_deleted_is_forgotten_in_time_and_the_state_outlives_its_stack(sync: Template) -> None:
    table = only(sync, "AWS::DynamoDB::GlobalTable", "SyncState")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk"]
    assert table.get("TimeToLiveSpecification") == {"AttributeName": "ttl", "Enabled": True}
    (kept,) = (
        each
        for name, each in sync.find_resources("AWS::DynamoDB::GlobalTable").items()
        if "SyncState" in name
    )
    assert kept.get("DeletionPolicy") == "Retain"


def test_files_below_endpoints_are_imported(sync: Template) -> None:
    pattern = only(sync, "AWS::Events::Rule")["EventPattern"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "endpoints/"}]}


def test_alarms_ring_for_what_waits_too_long_and_for_imports_that_fail(sync: Template) -> None:
    assert thresholds(sync) == {
        "SyncChangesAgeAlarm": ("ApproximateAgeOfOldestMessage", ">=", 3600),
        "SyncFilesAgeAlarm": ("ApproximateAgeOfOldestMessage", ">=", 4 * 3600),
        "ImportEndpointsFailedAlarm": ("", ">=", 1),
    }


def test_a_bucket_of_ones_own_serves_whether_it_imports_endpoints_already_or_not() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        bucket = ImportBucket(stack, "Import", project=project)
        imports = bucket.imports_endpoints()
        sync = AudienceSync(stack, "Sync", project=project, import_bucket=bucket)
        assert sync.imports is imports

    template = template_of(build)
    assert len(resources(template, "AWS::StepFunctions::StateMachine")) == 1
    assert len(resources(template, "AWS::S3::Bucket")) == 1


def test_a_key_of_ones_own_is_used_by_queues_table_bucket_and_workers() -> None:
    template = template_of(
        lambda stack, project: AudienceSync(
            stack, "Sync", project=project, encryption_key=kms.Key(stack, "Key")
        )
    )
    queue = only(template, "AWS::SQS::Queue", "SyncChangesMessagesQueue")
    assert "Key" in str(queue.get("KmsMasterKeyId"))
    assert "Key" in str(only(template, "AWS::DynamoDB::GlobalTable", "SyncState")["Replicas"])
    assert "kms:GenerateDataKey*" in allowed(template, "SyncChangesWorkerRole")
    assert "kms:Decrypt" in allowed(template, "SyncFilesWorkerRole")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"batches_per_second": 0}, "batches_per_second must be 1 to 5000, got 0"),
        ({"deletions_per_second": 0}, "deletions_per_second must be"),
        ({"import_above": 99}, "import_above must be 100 to"),
        ({"max_concurrency": 1}, "max_concurrency must be 2 to 1000, got 1"),
        ({"give_up_after": Duration.days(1)}, "give_up_after must be 2 to 14 days, got 1 day"),
    ],
)
def test_a_setting_that_is_not_allowed_is_refused_by_name(option: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sync_template(**option)
