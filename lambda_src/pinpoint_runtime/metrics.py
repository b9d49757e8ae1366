"""Counts in CloudWatch's embedded metric format: a log line that becomes metrics, without a call.

See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
"""

import json
import sys
from collections.abc import Mapping
from typing import Final

NAMESPACE: Final = "PinpointPatterns"


def emit(dimensions: Mapping[str, str], counts: Mapping[str, int], now: float) -> None:
    """Count what happened.

    Args:
        dimensions: What the counts belong to, such as `{"Channel": "webhook"}`; never a person.
        counts: By the metric's name.
        now: Epoch seconds.
    """
    if not counts:
        return
    line = {
        "_aws": {
            "Timestamp": int(now * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
                }
            ],
        },
        **dimensions,
        **counts,
    }
    sys.stdout.write(json.dumps(line) + "\n")
