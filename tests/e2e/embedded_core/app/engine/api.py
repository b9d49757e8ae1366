"""Answers every request with the event that it got."""

import json
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    body = {"Id": json.dumps({key: event[key] for key in ("path", "httpMethod", "requestContext")})}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
