"""A pattern's page of CloudWatch."""

import json
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from pinpoint_patterns import PatternDashboard
from pinpoint_patterns._queue_worker import counted
from tests.support.templates import flat, only, template_of


def widgets() -> list[dict[str, Any]]:
    def build(stack: Any, _project: object) -> None:
        queue = sqs.Queue(stack, "Queue")
        alarm = cloudwatch.Alarm(
            stack, "Alarm", metric=counted("Failed", {}), threshold=1, evaluation_periods=1
        )
        PatternDashboard(
            stack,
            "Dashboard",
            alarms=[alarm],
            counts={
                "Outcomes": [counted("Delivered", {"Pattern": "x"}), counted("Failed", {"Pattern": "x"})]
            },
            queues={"Requests": queue},
            dead_letters={"Requests": queue},
        )

    body = flat(only(template_of(build), "AWS::CloudWatch::Dashboard")["DashboardBody"])
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def test_a_dashboard_shows_alarms_counts_backlog_and_dead_letters_in_that_order() -> None:
    titles = [widget["properties"]["title"] for widget in widgets()]
    assert titles == ["Alarms", "Outcomes", "Requests: backlog", "Dead letters"]


def test_a_graph_shows_its_metrics_together() -> None:
    (outcomes,) = [one for one in widgets() if one["properties"]["title"] == "Outcomes"]
    assert [metric[1] for metric in outcomes["properties"]["metrics"]] == ["Delivered", "Failed"]
