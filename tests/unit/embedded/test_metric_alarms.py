"""Alarms on metric math, as the embedded AWS deploys them."""

from embedded.metric_alarms import on_one_metric

STAT = {
    "Metric": {"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": []},
    "Period": 300,
    "Stat": "Sum",
}


def test_an_alarm_on_an_expression_watches_its_first_metric() -> None:
    alarm = on_one_metric(
        {"Threshold": 1, "Metrics": [{"Id": "sum", "Expression": "a + b"}, {"Id": "a", "MetricStat": STAT}]}
    )
    assert alarm == {"Threshold": 1, **STAT["Metric"], "Period": 300, "Statistic": "Sum"}  # type: ignore[dict-item]


def test_an_alarm_on_one_metric_stays_as_it_is() -> None:
    props = {"Namespace": "AWS/SQS", "MetricName": "Depth", "Threshold": 1}
    assert on_one_metric(props) == props
