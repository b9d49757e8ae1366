"""What a pattern's functions counted themselves: the metrics that they wrote into their logs."""

import json
from typing import Any

from embedded.demo.account import Account


def counted(account: Account, stack: str, name: str) -> int:
    """The sum of one count over all functions of a stack.

    Args:
        account: With the stack in it.
        stack: Its name, which is also the metrics' `Pattern`.
        name: Of the metric, such as `Calls`.
    """
    logs = account.client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"/aws/cloudformation/{stack}/"
    )
    names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
    return sum(_count(line, stack, name) for group in names for line in _lines(logs, group))


def _lines(logs: Any, group: str) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def _count(line: str, stack: str, name: str) -> int:
    if '"_aws"' not in line:
        return 0
    document: dict[str, Any] = json.loads(line)
    return int(document.get(name, 0)) if document.get("Pattern") == stack else 0
