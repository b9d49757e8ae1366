"""What an event ingest promises, asked of its template."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from pinpoint_patterns import EventIngest, IPinpointProject
from tests.support.templates import (
    APPLICATION_ID,
    CONSUMES,
    SENDS,
    flat,
    listed,
    one,
    only,
    plain,
    reach,
    template_of,
    thresholds,
    timeouts,
    variables,
)

APPLICATION = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"


def ingest_template(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        ingest = EventIngest(stack, "Ingest", project=project, **options)
        producer = iam.Role(stack, "Producer", assumed_by=iam.AccountRootPrincipal())
        ingest.grant_send(producer)
        ingest.grant_put(producer)

    return template_of(build)


@pytest.fixture(scope="module")
def ingest() -> Template:
    return ingest_template()


def test_the_worker_may_put_events_look_up_users_and_claim_and_nothing_else(ingest: Template) -> None:
    assert reach(ingest, "IngestEventsWorkerRole") == {
        "<IngestEventsMessagesQueue.Arn>": CONSUMES,
        "<IngestEventsMessagesDeadLettersQueue.Arn>": SENDS,
        "<IngestEventsWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
        "<IngestLedger.Arn>": {"dynamodb:UpdateItem"},
        f"{APPLICATION}/events": {"mobiletargeting:PutEvents"},
        f"{APPLICATION}/users/*": {"mobiletargeting:GetUserEndpoints"},
    }


def test_a_producer_may_send_to_the_queue_and_put_onto_the_bus_and_nothing_else(ingest: Template) -> None:
    assert reach(ingest, "ProducerDefaultPolicy") == {
        "<IngestEventsMessagesQueue.Arn>": SENDS,
        "<IngestBus.Arn>": {"events:PutEvents"},
    }


def test_the_rule_hands_user_events_of_its_own_bus_to_the_queue(ingest: Template) -> None:
    bus, _ = one(ingest, "AWS::Events::EventBus")
    rule = only(ingest, "AWS::Events::Rule")
    assert flat(rule.get("EventBusName")) == f"<{bus}>"
    assert rule.get("EventPattern") == {"detail-type": ["User Event"]}
    assert rule.get("State") == "ENABLED"
    (target,) = rule.get("Targets", [{}])
    assert plain(flat(target["Arn"])) == "<IngestEventsMessagesQueue.Arn>"


def test_what_the_bus_cannot_hand_over_is_kept(ingest: Template) -> None:
    (target,) = only(ingest, "AWS::Events::Rule").get("Targets", [{}])
    kept = target.get("DeadLetterConfig", {}).get("Arn", "")
    assert plain(flat(kept)) == "<IngestUndeliveredDeadLettersQueue.Arn>"


@pytest.mark.parametrize("queue", ["IngestEventsMessagesQueue", "IngestUndeliveredDeadLettersQueue"])
def test_only_this_rule_may_send_to_the_queues_as_eventbridge(ingest: Template, queue: str) -> None:
    rule, _ = one(ingest, "AWS::Events::Rule")
    policy = only(ingest, "AWS::SQS::QueuePolicy", f"{queue}Policy")
    statements = [
        statement
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert [statement["Effect"] for statement in statements] == ["Allow"]
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert {"sqs:SendMessage"} <= actions <= SENDS
    assert [plain(flat(statement["Resource"])) for statement in statements] == [f"<{queue}.Arn>"]
    conditions = [each for it in statements for each in it.get("Condition", {}).items()]
    assert [operator for operator, _ in conditions] == ["ArnEquals"]
    assert [flat(values.get("aws:SourceArn", "")) for _, values in conditions] == [f"<{rule}.Arn>"]


def test_the_worker_is_told_where_its_work_is_and_how_fast_and_patient_to_be(ingest: Template) -> None:
    settings = variables(ingest, "IngestEventsWorker")
    assert set(settings) == {
        "APPLICATION_ID",
        "BUDGET_SECONDS",
        "CALLS_PER_SECOND",
        "DEAD_LETTERS_URL",
        "GIVE_UP_AFTER_SECONDS",
        "LEASE_SECONDS",
        "LEDGER_TABLE",
        "MAX_ATTEMPTS",
        "NAIVE_IS_UTC",
        "POWERTOOLS_SERVICE_NAME",
        "QUEUE_URL",
    }
    told = {
        name: settings.get(name) for name in ("CALLS_PER_SECOND", "GIVE_UP_AFTER_SECONDS", "NAIVE_IS_UTC")
    }
    assert told == {"CALLS_PER_SECOND": "15", "GIVE_UP_AFTER_SECONDS": "21600", "NAIVE_IS_UTC": "false"}


def test_a_lease_outlasts_the_worker_and_ends_before_its_message_returns(ingest: Template) -> None:
    queue = only(ingest, "AWS::SQS::Queue", "EventsMessagesQueue")
    settings = variables(ingest, "IngestEventsWorker")
    assert timeouts(ingest) == {"IngestEventsWorkerFunction": 120}
    assert 120 < int(settings.get("LEASE_SECONDS", 0)) < queue.get("VisibilityTimeout", 30)


def test_calls_are_begun_only_while_there_is_time_for_their_answers(ingest: Template) -> None:
    budget = int(variables(ingest, "IngestEventsWorker").get("BUDGET_SECONDS", 999))
    # A turn may be 10 seconds away, an answer 32.
    assert budget + 10 + 32 < timeouts(ingest)["IngestEventsWorkerFunction"]


def test_events_are_gathered_for_a_second_so_that_calls_are_full(ingest: Template) -> None:
    mapping = only(ingest, "AWS::Lambda::EventSourceMapping")
    assert (mapping.get("BatchSize"), mapping.get("MaximumBatchingWindowInSeconds")) == (500, 1)
    assert mapping.get("ScalingConfig", {}).get("MaximumConcurrency") == 4


def test_patience_never_exhausts_the_queues_own_limit(ingest: Template) -> None:
    redrive = only(ingest, "AWS::SQS::Queue", "EventsMessagesQueue").get("RedrivePolicy", {})
    patience = int(variables(ingest, "IngestEventsWorker")["GIVE_UP_AFTER_SECONDS"])
    # A message that is half an hour old waits for three minutes at least; until then it came 100 times.
    assert redrive.get("maxReceiveCount", 0) > 100 + patience / 180


def test_an_event_is_claimed_by_its_key_alone(ingest: Template) -> None:
    table = only(ingest, "AWS::DynamoDB::GlobalTable", "Ledger")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk"]


def test_an_hour_of_waiting_rings(ingest: Template) -> None:
    assert thresholds(ingest) == {
        "IngestEventsAgeAlarm": ("ApproximateAgeOfOldestMessage", ">=", 3600),
    }


def test_bus_pattern_pace_and_key_may_be_ones_own() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        EventIngest(
            stack,
            "Ingest",
            project=project,
            event_bus=events.EventBus.from_event_bus_name(stack, "Shop", "shop"),
            event_pattern=events.EventPattern(source=["com.example.shop"]),
            requests_per_second=100,
            naive_timestamps="utc",
            encryption_key=kms.Key(stack, "Key"),
        )

    template = template_of(build)
    template.resource_count_is("AWS::Events::EventBus", 0)
    rule = only(template, "AWS::Events::Rule")
    assert (rule["EventBusName"], rule["EventPattern"]) == ("shop", {"source": ["com.example.shop"]})
    settings = variables(template, "IngestEventsWorker")
    assert (settings["CALLS_PER_SECOND"], settings["NAIVE_IS_UTC"]) == ("100", "true")
    assert "KmsMasterKeyId" in only(template, "AWS::SQS::Queue", "EventsMessagesQueue")
    # A bus that may not use the key could hand nothing over.
    principals = [
        it.get("Principal")
        for it in only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if "kms:GenerateDataKey*" in it["Action"]
    ]
    assert {"Service": "events.amazonaws.com"} in principals


def test_the_metrics_are_those_that_the_function_emits() -> None:
    names: list[tuple[str, dict[str, Any]]] = []

    def build(stack: Stack, project: IPinpointProject) -> None:
        ingest = EventIngest(stack, "Ingest", project=project)
        names.extend(
            (metric.metric_name, dict(metric.dimensions or {}))
            for metric in (
                ingest.metric_accepted(),
                ingest.metric_repeated(),
                ingest.metric_again(),
                ingest.metric_rejected(),
                ingest.metric_rejected("value_too_long"),
            )
        )

    template_of(build)
    own = {"Pattern": "UserEvents"}
    assert names == [
        ("Accepted", own),
        ("Repeated", own),
        ("Again", own),
        ("Rejected", own),
        ("Rejected", {**own, "Reason": "value_too_long"}),
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"requests_per_second": 0}, "1 to 1000"),
        ({"naive_timestamps": "local"}, "refuse or utc"),
        ({"max_concurrency": 1}, "2 to 1000"),
        ({"max_attempts": 51}, "1 to 50"),
        ({"give_up_after": Duration.hours(7)}, "6 hours"),
        ({"give_up_after": Duration.seconds(59)}, "1 minute"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ingest_template(**options)
