"""Counts in CloudWatch's embedded metric format: a log line that becomes metrics, without a call.

See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
"""

import json
import sys
from collections.abc import Mapping
from typing import Final

NAMESPACE: Final = "PinpointPatterns"


def emit(channel: str, counts: Mapping[str, int], now: float) -> None:
    """Count what happened on a channel; the channel is the only dimension, never a person."""
    if not counts:
        return
    line = {
        "_aws": {
            "Timestamp": int(now * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Channel"]],
                    "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
                }
            ],
        },
        "Channel": channel,
        **counts,
    }
    sys.stdout.write(json.dumps(line) + "\n")
