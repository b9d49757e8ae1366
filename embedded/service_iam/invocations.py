"""Invoking a function the way services do: asynchronously, and only where its policy admits the service."""

from typing import Any

from embedded.ministack_names import find
from embedded.service_iam.authority import function_refusal

_LAMBDA = "ministack.services.lambda_svc"


def invoke_as_service(function_arn: str, event: Any, *, service: str, source_arn: str) -> str | None:
    """Queue an event for a function on behalf of a service principal.

    Args:
        service: For example `sns.amazonaws.com`.
        source_arn: The resource the service acts for.

    Returns:
        Why it was not queued, or None.
    """
    return function_refusal(function_arn, service, source_arn) or invoke(function_arn, event)


def invoke(function_arn: str, event: Any) -> str | None:
    """Queue an event for a function, its authority checked before; returns why it was not queued, or None."""
    function, config, _ = find(f"{_LAMBDA}._get_func_record_for_ref")(function_arn)
    if not function or not config:
        return f"Function not found: {function_arn}"
    record = find(f"{_LAMBDA}._execution_record_for_config")(function, config)
    find(f"{_LAMBDA}.invoke_async_with_retry")(record, event)
    return None
