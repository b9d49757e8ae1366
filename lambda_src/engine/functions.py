"""Invoking customers' functions: within 15 seconds, three times at most, and only where they are granted.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/segments-dynamic.html
"""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, Final

from engine.context import Context
from engine.grants import admitted, function_name, grants_of
from pinpoint_runtime.logger import logger

_log = logger(__name__)
_ATTEMPTS: Final = 3
_REFUSALS: Final = frozenset(
    {
        "AccessDeniedException",
        "ResourceNotFoundException",
        "InvalidParameterValueException",
        "RequestTooLargeException",
    }
)


class CallFailed(Exception):
    """The function could not be called, or did not answer; the reason names no person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def call(context: Context, function: str, payload: Mapping[str, Any], source_arn: str) -> Any:
    """A function's answer to a payload.

    Args:
        context: Its `lambda` client must wait 15 seconds for an answer, and not retry by itself.
        function: The function's name or ARN.
        payload: The event.
        source_arn: The ARN of the campaign on whose behalf the function is called.

    Raises:
        CallFailed: It refused, raised, took too long or answered no JSON, on every attempt.
    """
    _check_grants(context, function, source_arn)
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    client_context = base64.b64encode(json.dumps({"custom": {"source_arn": source_arn}}).encode()).decode()
    failure = CallFailed("the function was not called")
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(0.1 * 2**attempt)
        try:
            return _call_once(context, function, body, client_context)
        except CallFailed as failed:
            _log.warning("the function %s failed: %s", function_name(function), failed.reason)
            failure = failed
            if isinstance(failed, _Refused):
                break
    raise failure


class _Refused(CallFailed):
    """Another attempt would end the same way."""


def _call_once(context: Context, function: str, body: bytes, client_context: str) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = context.client("lambda").invoke(
            FunctionName=function,
            InvocationType="RequestResponse",
            ClientContext=client_context,
            Payload=body,
        )
        returned = answer["Payload"].read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = _Refused if code in _REFUSALS else CallFailed
        raise kind(f"the function cannot be invoked: {code}") from error
    except BotoCoreError as error:
        raise CallFailed(f"no answer within the time: {type(error).__name__}") from error
    if "FunctionError" in answer:
        raise CallFailed("the function raised an error")
    try:
        return json.loads(returned or b"null")
    except ValueError as error:
        raise CallFailed("the answer is not JSON") from error


def _check_grants(context: Context, function: str, source_arn: str) -> None:
    name = function_name(function)
    grants = context.memory.recall(("grants", name), 30, lambda: grants_of(context.store, name))
    if not admitted(grants, source_arn):
        raise CallFailed(f"the function {name} does not admit {source_arn}")
