"""A queue, the function that works on it, its dead letters and its alarm."""

from functools import cache

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template

from pinpoint_patterns._queue_worker import QueueWorker, counted
from tests.support.templates import CONSUMES, SENDS, only, reach, template_of


@cache
def template() -> Template:
    def build(stack: object, _project: object) -> None:
        worker = QueueWorker(
            stack,  # type: ignore[arg-type]
            "Requests",
            handler="patterns.custom_channel.handler.handler",
            code=["patterns/custom_channel"],
            description="Works",
            timeout=Duration.seconds(50),
            batch_size=100,
            max_batching_window=Duration.seconds(1),
            environment={"A_SETTING": "1"},
            longest_wait=Duration.minutes(10),
        )
        producer = iam.Role(
            stack,  # type: ignore[arg-type]
            "Producer",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        worker.grant_send(producer)

    return template_of(build)


def test_a_message_is_hidden_for_six_times_as_long_as_the_worker_may_take() -> None:
    assert only(template(), "AWS::SQS::Queue", "RequestsMessagesQueue")["VisibilityTimeout"] == 300
    assert only(template(), "AWS::Lambda::Function", "RequestsWorker")["Timeout"] == 50


def test_the_worker_answers_with_what_failed_and_gathers_its_batch() -> None:
    template().has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    )


def test_the_worker_may_consume_the_queue_and_bury_and_nothing_else() -> None:
    assert reach(template(), "RequestsWorker") == {
        "<RequestsMessagesQueue.Arn>": CONSUMES,
        "<RequestsMessagesDeadLettersQueue.Arn>": SENDS,
        "<RequestsWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_a_producer_may_only_send() -> None:
    assert reach(template(), "ProducerDefaultPolicy") == {"<RequestsMessagesQueue.Arn>": SENDS}


def test_the_worker_knows_its_queues_and_its_settings() -> None:
    template().has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Environment": {
                "Variables": Match.object_like(
                    {"QUEUE_URL": Match.any_value(), "DEAD_LETTERS_URL": Match.any_value(), "A_SETTING": "1"}
                )
            }
        },
    )


def test_an_alarm_rings_when_messages_wait_too_long() -> None:
    template().has_resource_properties(
        "AWS::CloudWatch::Alarm", {"MetricName": "ApproximateAgeOfOldestMessage", "Threshold": 600}
    )


def test_counts_are_found_where_functions_emit_them() -> None:
    metric = counted("Delivered", {"Pattern": "SendMessage"})
    assert (metric.namespace, metric.metric_name) == ("PinpointPatterns", "Delivered")
    assert dict(metric.dimensions or {}) == {"Pattern": "SendMessage"}
