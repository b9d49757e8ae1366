"""Calls that services make are refused without a permission, as on AWS, and made with it."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.embedded_aws import (
    ACCOUNT,
    REGION,
    EmbeddedAws,
    allow,
    eventually,
    policy,
    queue_arn,
)

pytestmark = pytest.mark.e2e

TELL = """
import json, os
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(event))
    return {"statusCode": 200, "body": "told"}
"""
READ_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
READ_STREAM = (
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
)
SEND = allow("sqs:SendMessage")


def teller(aws: EmbeddedAws, name: str, statements: list[dict[str, Any]] | None = None) -> tuple[str, str]:
    """A function that tells a queue what it was called with: its ARN and the queue's URL."""
    role = aws.role(f"{name}-role", [SEND, *(statements or [])])
    told = aws.queue(f"{name}-told")
    return aws.function(name, TELL, role, Environment={"Variables": {"TOLD": told}}), told


def admit(aws: EmbeddedAws, function: str, service: str, source_arn: str) -> None:
    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId=f"s{abs(hash(source_arn))}",
        Action="lambda:InvokeFunction",
        Principal=service,
        SourceArn=source_arn,
    )


def test_a_queue_mapping_needs_its_functions_role_to_read_the_queue(aws: EmbeddedAws) -> None:
    arn, told = teller(aws, "queue-reader")
    work = aws.queue("queue-reader-work")
    client = aws.client("lambda")
    create = {"EventSourceArn": queue_arn("queue-reader-work"), "FunctionName": arn}
    with pytest.raises(ClientError, match="permissions to call ReceiveMessage on SQS"):
        client.create_event_source_mapping(**create)
    aws.set_policy("queue-reader-role", [SEND, allow(*READ_QUEUE, on=queue_arn("queue-reader-work"))])
    client.create_event_source_mapping(**create)
    aws.client("sqs").send_message(QueueUrl=work, MessageBody="one")
    assert aws.receive(told, 1)[0]["Records"][0]["body"] == "one"


def test_a_stream_mapping_whose_role_lost_its_permission_delivers_nothing_and_says_why(
    aws: EmbeddedAws,
) -> None:
    stream = aws.stream("iam-stream")
    arn, told = teller(aws, "stream-reader", [allow(*READ_STREAM, on=stream)])
    client = aws.client("lambda")
    mapping = client.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=arn, StartingPosition="LATEST"
    )["UUID"]
    kinesis = aws.client("kinesis")
    kinesis.put_record(StreamName="iam-stream", PartitionKey="k", Data=b"1")
    assert len(aws.receive(told, 1)) == 1
    aws.set_policy("stream-reader-role", [SEND])
    refused = eventually(
        lambda: client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"],
        until=lambda result: result.startswith("PROBLEM"),
    )
    assert "Please ensure the role can perform the GetRecords" in refused
    kinesis.put_record(StreamName="iam-stream", PartitionKey="k", Data=b"2")
    assert aws.receive(told, 1, within=1.5) == []
    aws.set_policy("stream-reader-role", [SEND, allow(*READ_STREAM, on=stream)])
    assert len(aws.receive(told, 1)) == 1


def test_a_queue_with_a_customer_key_needs_decrypt(aws: EmbeddedAws) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"}
    key = aws.client("kms").create_key(Policy=policy([{**statement, "Resource": "*"}]))["KeyMetadata"]["Arn"]
    work = aws.queue("secret-work", KmsMasterKeyId=key)
    arn, told = teller(aws, "decrypter", [allow(*READ_QUEUE)])
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=queue_arn("secret-work"), FunctionName=arn
    )
    aws.client("sqs").send_message(QueueUrl=work, MessageBody="one")
    assert aws.receive(told, 1, within=1.5) == []
    aws.set_policy("decrypter-role", [SEND, allow(*READ_QUEUE), allow("kms:Decrypt", on=key)])
    assert len(aws.receive(told, 1)) == 1


def put_event(aws: EmbeddedAws, kind: str) -> None:
    aws.client("events").put_events(
        Entries=[{"Source": "test", "DetailType": kind, "Detail": json.dumps({"kind": kind})}]
    )


def rule(aws: EmbeddedAws, name: str, target: dict[str, Any]) -> str:
    """A rule for the detail type of its own name; returns its ARN."""
    events = aws.client("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"detail-type": [name]}))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "target", **target}])
    return str(arn)


def test_a_rule_needs_its_target_functions_policy_and_leaves_a_refused_event_to_its_dead_letters(
    aws: EmbeddedAws,
) -> None:
    arn, told = teller(aws, "rule-target")
    dead = aws.queue("rule-dead")
    source = rule(aws, "to-function", {"Arn": arn, "DeadLetterConfig": {"Arn": queue_arn("rule-dead")}})
    open_queue(aws, dead, "rule-dead", "events.amazonaws.com", source)
    put_event(aws, "to-function")
    assert aws.receive(dead, 1)[0]["detail"] == {"kind": "to-function"}
    assert aws.receive(told, 1, within=0.5) == []
    admit(aws, arn, "events.amazonaws.com", source)
    put_event(aws, "to-function")
    assert aws.receive(told, 1)[0]["detail"] == {"kind": "to-function"}


def open_queue(aws: EmbeddedAws, url: str, name: str, service: str, source_arn: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
    }
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy([statement])})


def test_a_rule_needs_its_target_queues_policy(aws: EmbeddedAws) -> None:
    url = aws.queue("rule-queue")
    source = rule(aws, "to-queue", {"Arn": queue_arn("rule-queue")})
    put_event(aws, "to-queue")
    assert aws.receive(url, 1, within=0.5) == []
    open_queue(aws, url, "rule-queue", "events.amazonaws.com", source)
    put_event(aws, "to-queue")
    assert len(aws.receive(url, 1)) == 1


def test_a_rule_writes_to_a_stream_by_its_role_only(aws: EmbeddedAws) -> None:
    stream = aws.stream("rule-stream")
    role = aws.role("rule-stream-role", [], service="events.amazonaws.com")
    rule(aws, "to-stream", {"Arn": stream, "RoleArn": role})
    put_event(aws, "to-stream")
    aws.set_policy("rule-stream-role", [allow("kinesis:PutRecord", on=stream)])
    put_event(aws, "to-stream")
    kinesis = aws.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="rule-stream", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert len(kinesis.get_records(ShardIterator=iterator)["Records"]) == 1


def test_a_schedule_needs_a_role_that_it_may_assume_and_that_allows_the_call(aws: EmbeddedAws) -> None:
    def schedule(name: str, trusted: str, *, allowed: bool) -> str:
        url = aws.queue(name)
        role = aws.role(name, [allow("sqs:SendMessage", on=queue_arn(name))] if allowed else [], trusted)
        aws.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="at(2020-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue_arn(name), "RoleArn": role, "Input": '{"due": true}'},
        )
        return url

    unallowed = schedule("schedule-unallowed", "scheduler.amazonaws.com", allowed=False)
    untrusting = schedule("schedule-untrusting", "lambda.amazonaws.com", allowed=True)
    # All three are due in one tick, the one that may come last.
    permitted = schedule("schedule-permitted", "scheduler.amazonaws.com", allowed=True)
    assert aws.receive(permitted, 1) == [{"due": True}]
    assert aws.receive(unallowed, 1, within=0.3) == []
    assert aws.receive(untrusting, 1, within=0.3) == []


def run(aws: EmbeddedAws, name: str, role: str, state: dict[str, Any]) -> dict[str, Any]:
    """Run a state machine of one task to its end."""
    sfn = aws.client("stepfunctions")
    definition = {"StartAt": "Task", "States": {"Task": {"Type": "Task", "End": True, **state}}}
    machine = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
    started = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]
    ended: dict[str, Any] = eventually(
        lambda: sfn.describe_execution(executionArn=started), until=lambda e: e["status"] != "RUNNING"
    )
    return ended


def test_a_state_machine_invokes_a_function_by_its_role_only(aws: EmbeddedAws) -> None:
    arn, _ = teller(aws, "task-function")
    role = aws.role("machine", [], service="states.amazonaws.com")
    state = {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": arn}}
    refused = run(aws, "refused", role, state)
    assert (refused["status"], refused["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert f"is not authorized to perform: lambda:InvokeFunction on resource: {arn}" in refused["cause"]
    aws.set_policy("machine", [allow("lambda:InvokeFunction", on=arn)])
    assert run(aws, "admitted", role, state)["status"] == "SUCCEEDED"


def test_a_state_machine_needs_a_role_that_step_functions_may_assume(aws: EmbeddedAws) -> None:
    arn, _ = teller(aws, "untrusting-function")
    role = aws.role("untrusting", [allow("lambda:InvokeFunction", on=arn)])
    state = {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": arn}}
    assert run(aws, "untrusting", role, state)["status"] == "FAILED"


def test_a_state_machine_calls_a_service_by_its_role_only(aws: EmbeddedAws) -> None:
    url = aws.queue("machine-queue")
    role = aws.role("sender-machine", [], service="states.amazonaws.com")
    state = {
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": {"sent": True}},
    }
    assert run(aws, "sender-refused", role, state)["error"] == "SQS.AmazonSQSException"
    aws.set_policy("sender-machine", [allow("sqs:SendMessage", on=queue_arn("machine-queue"))])
    assert run(aws, "sender-admitted", role, state)["status"] == "SUCCEEDED"
    assert aws.receive(url, 2, within=1) == [{"sent": True}]


def test_a_topic_needs_the_policies_of_its_function_and_its_queue(aws: EmbeddedAws) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    arn, told = teller(aws, "subscriber")
    url = aws.queue("subscriber-queue")
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("subscriber-queue"))
    sns.publish(TopicArn=topic, Message="refused")
    assert aws.receive(told, 1, within=0.5) == []
    assert aws.receive(url, 1, within=0.5) == []
    admit(aws, arn, "sns.amazonaws.com", topic)
    open_queue(aws, url, "subscriber-queue", "sns.amazonaws.com", topic)
    sns.publish(TopicArn=topic, Message="admitted")
    assert aws.receive(told, 1)[0]["Records"][0]["Sns"]["Message"] == "admitted"
    assert aws.receive(url, 1)[0]["Message"] == "admitted"


def test_a_bucket_needs_its_functions_policy(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="notifying")
    arn, told = teller(aws, "notified")
    s3.put_bucket_notification_configuration(
        Bucket="notifying",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
        SkipDestinationValidation=True,
    )
    s3.put_object(Bucket="notifying", Key="refused", Body=b"1")
    assert aws.receive(told, 1, within=0.5) == []
    admit(aws, arn, "s3.amazonaws.com", "arn:aws:s3:::notifying")
    s3.put_object(Bucket="notifying", Key="admitted", Body=b"1")
    assert aws.receive(told, 1)[0]["Records"][0]["s3"]["object"]["key"] == "admitted"


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_rest_api_needs_its_functions_policy(aws: EmbeddedAws) -> None:
    arn, _ = teller(aws, "rest-target")
    apis = aws.client("apigateway")
    api = apis.create_rest_api(name="rest")["id"]
    root = apis.get_resources(restApiId=api)["items"][0]["id"]
    resource = apis.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    apis.put_method(restApiId=api, resourceId=resource, httpMethod="ANY", authorizationType="NONE")
    apis.put_integration(
        restApiId=api,
        resourceId=resource,
        httpMethod="ANY",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    apis.create_deployment(restApiId=api, stageName="live")
    url = f"{aws.endpoint}/_aws/execute-api/{api}/live/a/b"
    assert status_of(url) == 500
    admit(aws, arn, "apigateway.amazonaws.com", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*/*")
    assert status_of(url) == 200


def test_an_http_api_needs_its_functions_policy(aws: EmbeddedAws) -> None:
    arn, _ = teller(aws, "http-target")
    apis = aws.client("apigatewayv2")
    api = apis.create_api(Name="http", ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    url = f"{aws.endpoint}/_aws/execute-api/{api}/$default/a"
    assert status_of(url) == 500
    admit(aws, arn, "apigateway.amazonaws.com", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*")
    assert status_of(url) == 200
