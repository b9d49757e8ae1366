"""Calls Pinpoint as told, and says what its environment is."""

import os
from typing import Any

import boto3
from botocore.exceptions import ClientError

pinpoint = boto3.client("pinpoint")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if "Sleep" in event:
        import time

        time.sleep(event["Sleep"])
    if "Operation" not in event:
        return {"environment": dict(os.environ)}
    try:
        response = getattr(pinpoint, event["Operation"])(**event["Parameters"])
    except ClientError as error:
        return {
            "error": error.response["Error"],
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        }
    del response["ResponseMetadata"]
    return {"response": response}
