"""What becomes of an event that an asynchronous invocation gave up."""

import json
import logging
import time
import uuid
from typing import Any

from embedded.ministack_names import find
from embedded.service_iam.deliveries import deliver

_log = logging.getLogger(__name__)


def report(
    function: dict[str, Any], event: Any, result: dict[str, Any], attempts: int, condition: str
) -> None:
    """Send a given-up event to the function's on-failure destination and to its dead-letter queue.

    A destination gets a document about the invocation, a dead-letter queue the event itself:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    config = function.get("config") or function
    request_id = str(uuid.uuid4())
    destination = _on_failure(function)
    error = result.get("body") if isinstance(result.get("body"), dict) else {}
    if destination:
        document = {
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{config['FunctionArn']}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": result.get("function_error") or "Unhandled",
            },
            "responsePayload": error,
        }
        _send(destination, json.dumps(document), config, {})
    dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if dead_letters:
        attributes = {
            "RequestID": request_id,
            "ErrorCode": "200",
            "ErrorMessage": str((error or {}).get("errorMessage", ""))[:1024],
        }
        _send(dead_letters, json.dumps(event), config, attributes)


def _on_failure(function: dict[str, Any]) -> str:
    configured = function.get("event_invoke_config") or {}
    destinations = configured.get("DestinationConfig") or {}
    return str((destinations.get("OnFailure") or {}).get("Destination", ""))


def _send(target: str, body: str, config: dict[str, Any], attributes: dict[str, str]) -> None:
    if target.split(":")[2] == "lambda":
        found, target_config, _ = find("ministack.services.lambda_svc._get_func_record_for_ref")(target)
        if found:
            find("ministack.services.lambda_svc.invoke_async_with_retry")(
                {**found, "config": target_config}, json.loads(body)
            )
        return
    refusal = deliver(target, body, role_arn=config.get("Role", ""), attributes=attributes)
    if refusal:
        _log.warning("%s: a failed event was lost: %s", config.get("FunctionName"), refusal)
