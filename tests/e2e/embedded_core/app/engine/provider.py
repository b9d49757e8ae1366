"""Serves App, as the engine's provider does; a name that starts with `fail` fails."""

import json
import urllib.request
import uuid
from typing import Any


def handler(event: dict[str, Any], context: Any) -> None:
    answer = {
        "Status": "SUCCESS",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        **provision(event),
    }
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=10):
        pass


def provision(event: dict[str, Any]) -> dict[str, Any]:
    physical_id = event.get("PhysicalResourceId") or uuid.uuid4().hex
    if event["ResourceType"] != "AWS::Pinpoint::App":
        reason = f"{event['ResourceType']} is not served by this engine yet"
        return {"Status": "FAILED", "Reason": reason, "PhysicalResourceId": "none"}
    arn = f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{physical_id}"
    return {"PhysicalResourceId": physical_id, "Data": {"Arn": arn}}
