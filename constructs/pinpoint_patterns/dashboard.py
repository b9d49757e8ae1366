"""One page of CloudWatch for a pattern: what comes in, what comes out, what waits, what failed."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_PERIOD = Duration.minutes(5)


class PatternDashboard(Construct):
    """A dashboard of a pattern's alarms, counts, queues, dead letters and functions.

    Args:
        alarms: Shown on top, red while they ring.
        counts: Metrics by the title of the graph that shows them together, such as outcomes by reason.
        queues: By title: how many messages wait, and how long the oldest has.
        dead_letters: By title: how many wait for a person.
        functions: By title: invocations, errors, throttles and duration.

    See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Sequence[cloudwatch.IAlarm] = (),
        counts: Mapping[str, Sequence[cloudwatch.IMetric]] | None = None,
        queues: Mapping[str, sqs.IQueue] | None = None,
        dead_letters: Mapping[str, sqs.IQueue] | None = None,
        functions: Mapping[str, lambda_.IFunction] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.hours(24))
        if alarms:
            self.dashboard.add_widgets(
                cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24, height=3)
            )
        self._add([_graph(title, metrics) for title, metrics in (counts or {}).items()])
        self._add([_waiting(title, queue) for title, queue in (queues or {}).items()])
        if dead_letters:
            self._add([_graph("Dead letters", [_depth(title, q) for title, q in dead_letters.items()])])
        self._add([_function(title, function) for title, function in (functions or {}).items()])

    def _add(self, widgets: Sequence[cloudwatch.IWidget]) -> None:
        """Two graphs a row."""
        for start in range(0, len(widgets), 2):
            self.dashboard.add_widgets(*widgets[start : start + 2])


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)


def _waiting(title: str, queue: sqs.IQueue) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{title}: backlog",
        left=[_depth("messages", queue)],
        right=[queue.metric_approximate_age_of_oldest_message(period=_PERIOD, label="oldest, seconds")],
        width=12,
    )


def _depth(label: str, queue: sqs.IQueue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=_PERIOD, label=label)


def _function(title: str, function: lambda_.IFunction) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{title}: function",
        left=[
            function.metric_invocations(period=_PERIOD),
            function.metric_errors(period=_PERIOD),
            function.metric_throttles(period=_PERIOD),
        ],
        right=[function.metric_duration(period=_PERIOD)],
        width=12,
    )
