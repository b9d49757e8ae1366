"""What is promised of every queue, table, function and role, whichever construct made it."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.infra.subjects import SUBJECTS
from tests.support.templates import flat, listed, resources

FORTNIGHT = 14 * 86_400
# Whose events hold secrets, or a person to be erased: a call of theirs that fails leaves nothing behind.
KEEPS_NO_EVENTS = {"patterns.send_message.otp_handler.handler", "patterns.forget.handler.handler"}
SOURCE = Path(__file__).resolve().parents[2] / "lambda_src"

# Actions for which IAM knows no resource, or none in the way they are used here.
WITHOUT_RESOURCE = {
    "secretsmanager:GetRandomPassword",
    "ses:ListEmailIdentities",
    # The one of a text that leaves its origination to the service.
    "sms-voice:SendTextMessage",
    "sms-voice:DescribeVerifiedDestinationNumbers",
    # Asked for all there are.
    "sms-voice:DescribePhoneNumbers",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    *(
        f"logs:{name}"
        for name in (
            "CreateLogDelivery",
            "DeleteLogDelivery",
            "DescribeLogGroups",
            "DescribeResourcePolicies",
            "GetLogDelivery",
            "ListLogDeliveries",
            "PutResourcePolicy",
            "UpdateLogDelivery",
        )
    ),
}


@pytest.fixture(scope="module", params=SUBJECTS)
def template(request: pytest.FixtureRequest) -> Template:
    return SUBJECTS[request.param].template


def statements(template: Template) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each policy with each of its statements."""
    return [
        (policy, statement)
        for policy in resources(template, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def without_tls(template: Template, kind: str, member: str) -> set[str]:
    """The resources, `<LogicalId>`, whose policy denies everything that comes without TLS."""
    found: set[str] = set()
    for policy in resources(template, kind).values():
        for statement in policy.get("PolicyDocument", {}).get("Statement", []):
            condition = statement.get("Condition", {})
            if statement["Effect"] == "Deny" and condition == {"Bool": {"aws:SecureTransport": "false"}}:
                found |= {flat(each) for each in listed(policy[member])}
    return found


def of_old_tls(template: Template) -> set[str]:
    """The buckets, `<LogicalId>`, whose policy denies TLS before 1.2."""
    old = {"NumericLessThan": {"s3:TlsVersion": 1.2}}
    return {
        flat(policy["Bucket"])
        for policy in resources(template, "AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement.get("Condition") == old
    }


def alarmed(template: Template, metric: str, dimension: str) -> set[str]:
    """The resources, `<LogicalId.Attribute>`, with an alarm that rings at the first of something."""
    return {
        flat(alarm["Dimensions"][0]["Value"])
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == metric
        and (alarm.get("Threshold"), alarm.get("EvaluationPeriods")) == (1, 1)
        and alarm.get("ComparisonOperator") == "GreaterThanOrEqualToThreshold"
        and alarm["Dimensions"][0]["Name"] == dimension
    }


def mappings(template: Template, *, of_queues: bool) -> list[dict[str, Any]]:
    """The event source mappings of queues, or those of streams."""
    return [
        mapping
        for mapping in resources(template, "AWS::Lambda::EventSourceMapping").values()
        if ("Queue" in flat(mapping["EventSourceArn"])) is of_queues
    ]


def test_every_queue_is_encrypted_and_keeps_messages_for_a_fortnight(template: Template) -> None:
    for name, queue in resources(template, "AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId"), name
        assert queue.get("MessageRetentionPeriod") == FORTNIGHT, name


def test_every_queue_speaks_tls_only(template: Template) -> None:
    queues = {f"<{name}>" for name in resources(template, "AWS::SQS::Queue")}
    assert without_tls(template, "AWS::SQS::QueuePolicy", "Queues") == queues


def test_every_queue_has_dead_letters_or_an_alarm_at_its_first_message(template: Template) -> None:
    rings = alarmed(template, "ApproximateNumberOfMessagesVisible", "QueueName")
    for name, queue in resources(template, "AWS::SQS::Queue").items():
        target = flat(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn", f"<{name}.Arn>"))
        kept = target.replace(".Arn>", ".QueueName>")
        assert kept in rings, name


def test_every_worker_of_a_queue_answers_with_what_failed_and_hides_it_six_times_its_time(
    template: Template,
) -> None:
    queues = resources(template, "AWS::SQS::Queue")
    functions = resources(template, "AWS::Lambda::Function")
    for mapping in mappings(template, of_queues=True):
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        function = functions[mapping["FunctionName"]["Ref"]]
        assert mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
        assert 2 <= mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 1000) < 1000
        assert queue.get("VisibilityTimeout", 30) >= 6 * function.get("Timeout", 3)
        assert queue.get("RedrivePolicy", {}).get("maxReceiveCount", 0) >= 5


def test_every_reader_of_a_stream_isolates_bad_records_and_names_those_it_gives_up(
    template: Template,
) -> None:
    for mapping in mappings(template, of_queues=False):
        assert mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
        assert mapping.get("BisectBatchOnFunctionError") is True
        assert mapping.get("StartingPosition") == "TRIM_HORIZON"
        assert (mapping.get("MaximumRetryAttempts"), mapping.get("MaximumRecordAgeInSeconds")) == (5, 86_400)
        kept = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        assert "DeadLettersQueue" in flat(kept)


def test_every_table_is_restorable_on_demand_encrypted_and_kept(template: Template) -> None:
    for name, table in resources(template, "AWS::DynamoDB::GlobalTable").items():
        assert table.get("BillingMode") == "PAY_PER_REQUEST", name
        assert table.get("SSESpecification", {}).get("SSEEnabled") is True, name
        for replica in table.get("Replicas", [{}]):
            restorable = replica.get("PointInTimeRecoverySpecification", {})
            assert restorable.get("PointInTimeRecoveryEnabled") is True, name


def test_every_table_forgets_by_itself(template: Template) -> None:
    for name, table in resources(template, "AWS::DynamoDB::GlobalTable").items():
        assert table.get("TimeToLiveSpecification") == {"AttributeName": "ttl", "Enabled": True}, name


def test_every_store_outlives_its_stack(template: Template) -> None:
    for kind in (
        "AWS::DynamoDB::GlobalTable",
        "AWS::S3::Bucket",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::SecretsManager::Secret",
        "AWS::Pinpoint::App",
    ):
        for name, resource in template.find_resources(kind).items():
            assert resource.get("DeletionPolicy") == "Retain", name
            assert resource.get("UpdateReplacePolicy") == "Retain", name


def test_every_bucket_is_private_encrypted_versioned_and_forgets(template: Template) -> None:
    for name, bucket in resources(template, "AWS::S3::Bucket").items():
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        assert (len(blocked), set(blocked.values())) == (4, {True}), name
        assert bucket.get("VersioningConfiguration") == {"Status": "Enabled"}, name
        (rule,) = bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])
        assert rule.get("ServerSideEncryptionByDefault") == {"SSEAlgorithm": "AES256"}, name
        owned = bucket.get("OwnershipControls", {}).get("Rules")
        assert owned == [{"ObjectOwnership": "BucketOwnerEnforced"}], name
        for each in bucket.get("LifecycleConfiguration", {}).get("Rules", [{}]):
            assert {"ExpirationInDays", "NoncurrentVersionExpiration"} <= set(each), name


def test_every_bucket_and_topic_speaks_tls_only(template: Template) -> None:
    buckets = {f"<{name}>" for name in resources(template, "AWS::S3::Bucket")}
    assert without_tls(template, "AWS::S3::BucketPolicy", "Bucket") == buckets
    assert of_old_tls(template) == buckets
    topics = {f"<{name}>" for name in resources(template, "AWS::SNS::Topic")}
    assert without_tls(template, "AWS::SNS::TopicPolicy", "Topics") == topics


def test_every_topic_is_encrypted_and_every_key_rotates(template: Template) -> None:
    for name, topic in resources(template, "AWS::SNS::Topic").items():
        assert topic.get("KmsMasterKeyId"), name
    for name, key in resources(template, "AWS::KMS::Key").items():
        assert key.get("EnableKeyRotation") is True, name


def test_every_secret_is_generated(template: Template) -> None:
    for name, secret in resources(template, "AWS::SecretsManager::Secret").items():
        assert secret.get("GenerateSecretString"), name
        assert "SecretString" not in secret, name


def test_every_log_is_kept_for_three_months_and_goes_with_its_stack(template: Template) -> None:
    for name, resource in template.find_resources("AWS::Logs::LogGroup").items():
        assert resource.get("Properties", {}).get("RetentionInDays") == 90, name
        assert resource.get("DeletionPolicy") == "Delete", name


def test_every_function_keeps_its_dead_letters_and_rings_at_its_first_error(template: Template) -> None:
    rings = alarmed(template, "Errors", "FunctionName")
    queues = {f"<{name}.Arn>" for name in resources(template, "AWS::SQS::Queue")}
    for name, function in resources(template, "AWS::Lambda::Function").items():
        assert f"<{name}>" in rings, name
        if function.get("Handler") in KEEPS_NO_EVENTS:
            assert "DeadLetterConfig" not in function, name
            continue
        assert flat(function.get("DeadLetterConfig", {}).get("TargetArn", "")) in queues, name


def test_every_function_may_write_its_own_log_and_dead_letters(template: Template) -> None:
    may = {
        (flat(role), action, flat(resource))
        for policy, statement in statements(template)
        for role in policy["Roles"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    for name, function in resources(template, "AWS::Lambda::Function").items():
        role = flat(function["Role"]).replace(".Arn>", ">")
        logging = function.get("LoggingConfig", {})
        group = flat(logging.get("LogGroup", "")).replace(">", ".Arn>")
        assert logging.get("LogFormat") == "JSON", name
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            assert (role, action, group) in may, name
        if function.get("Handler") in KEEPS_NO_EVENTS:
            continue
        dead_letters = flat(function.get("DeadLetterConfig", {}).get("TargetArn", ""))
        assert (role, "sqs:SendMessage", dead_letters) in may, name


def test_logs_are_written_by_their_own_functions_only(template: Template) -> None:
    groups: dict[str, set[str]] = {}
    for function in resources(template, "AWS::Lambda::Function").values():
        group = flat(function.get("LoggingConfig", {}).get("LogGroup", "")).replace(">", ".Arn>")
        groups.setdefault(flat(function["Role"]).replace(".Arn>", ">"), set()).add(group)
    for policy, statement in statements(template):
        if "logs:PutLogEvents" in listed(statement["Action"]):
            written = {flat(each) for each in listed(statement["Resource"])}
            # Firehose writes to one stream of a log, which its own tests name.
            written = {each for each in written if ":log-stream:" not in each}
            for role in policy["Roles"]:
                assert written <= groups.get(flat(role), set())


def test_every_handler_is_there_with_the_packages_it_imports(template: Template) -> None:
    for name, function in resources(template, "AWS::Lambda::Function").items():
        module, _, handler = function.get("Handler", "nowhere").rpartition(".")
        code = SOURCE / f"{module.replace('.', '/')}.py"
        assert code.is_file(), name
        assert handler in code.read_text(), name
        assert function.get("Layers"), name


def test_every_function_names_itself_in_its_logs(template: Template) -> None:
    for name, function in resources(template, "AWS::Lambda::Function").items():
        assert function.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME"), name


def test_nothing_is_allowed_on_every_resource_but_what_knows_no_resource(template: Template) -> None:
    for policy, statement in statements(template):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE, policy["PolicyName"]


def test_every_service_but_those_without_a_source_acts_for_this_account_only(template: Template) -> None:
    for name, role in resources(template, "AWS::IAM::Role").items():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            principal = flat(statement["Principal"].get("Service", ""))
            if principal.startswith(("pinpoint.", "states.")):
                assert "aws:SourceAccount" in statement.get("Condition", {}).get("StringEquals", {}), name
                assert "aws:SourceArn" in statement.get("Condition", {}).get("ArnLike", {}), name


def test_every_permission_to_invoke_names_its_source(template: Template) -> None:
    for name, permission in resources(template, "AWS::Lambda::Permission").items():
        service = flat(permission.get("Principal", ""))
        if service.startswith(("pinpoint.", "secretsmanager.")):
            assert permission.get("SourceAccount"), name
        if service.startswith("secretsmanager."):
            continue  # As AWS documents for rotation: the account alone.
        assert len(flat(permission.get("SourceArn", service))) > len("arn:"), name
        assert service.endswith(".amazonaws.com") is ("SourceArn" in permission), name


def test_every_rule_is_on_and_keeps_what_its_targets_refuse(template: Template) -> None:
    for name, rule in resources(template, "AWS::Events::Rule").items():
        assert rule.get("State") == "ENABLED", name
        assert rule.get("EventPattern"), name
        assert rule.get("Targets"), name
        for target in rule["Targets"]:
            assert "DeadLettersQueue" in flat(target.get("DeadLetterConfig", {}).get("Arn", "")), name


def test_what_a_region_has_one_of_outlives_the_stack_that_set_it(template: Template) -> None:
    everything: dict[str, dict[str, Any]] = template.to_json()["Resources"]
    for account in template.find_resources("AWS::ApiGateway::Account").values():
        role = account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]
        for each in (account, everything[role]):
            assert (each.get("DeletionPolicy"), each.get("UpdateReplacePolicy")) == ("Retain", "Retain")
