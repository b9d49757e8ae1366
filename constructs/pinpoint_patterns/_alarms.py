"""The one way an alarm is made here: it rings in the first period that reaches a threshold."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct


def alarm(
    scope: Construct, construct_id: str, metric: cloudwatch.IMetric, description: str, *, threshold: float = 1
) -> cloudwatch.Alarm:
    """An alarm that rings at once, and not where there is no data.

    Args:
        scope: Where it stands.
        construct_id: Its id there.
        metric: What is watched, with its statistic and period.
        description: What has happened when it rings, for who is woken by it.
        threshold: In the metric's unit.

    See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html.
    """
    return cloudwatch.Alarm(
        scope,
        construct_id,
        alarm_description=description,
        metric=metric,
        threshold=threshold,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
