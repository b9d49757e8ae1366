"""API Gateway's Lambda integrations: a function's policy must admit the method that calls it.

https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.service_iam.authority import function_refusal

_SERVICE: Final = "apigateway.amazonaws.com"
_V1 = "ministack.services.apigateway_v1"
_V2 = "ministack.services.apigateway"
_LAMBDA = "ministack.services.lambda_svc"
_log = logging.getLogger(__name__)
_REFUSED: Final[dict[str, Any]] = {
    "body": {
        "statusCode": 500,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": "Internal server error"}),
    }
}
"""What API Gateway answers when it may not invoke the function."""


def install() -> None:
    """Ask a function's policy before an API invokes it."""
    replace(f"{_V1}._call_lambda_raw", _checking_rest(find(f"{_V1}._call_lambda_raw")))
    replace(f"{_V2}.run_reentrant", _checking_http(find(f"{_V2}.run_reentrant")))


def rest_source(event: dict[str, Any], region: str, account: str) -> str:
    """The ARN of the method of a REST API that an event comes from."""
    context = event["requestContext"]
    path = event.get("path") or "/"
    call = f"{context['apiId']}/{context['stage']}/{context['httpMethod']}{path}"
    return f"arn:aws:execute-api:{region}:{account}:{call}"


def http_source(event: dict[str, Any], region: str, account: str) -> str:
    """The ARN of the route of an HTTP API that an event comes from."""
    context = event["requestContext"]
    route = "/".join(event["routeKey"].replace(" /", " ").split(" "))
    return f"arn:aws:execute-api:{region}:{account}:{context['apiId']}/{context['stage']}/{route}"


def _checking_rest(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def checked(function_ref: str, event: dict[str, Any], **scope: Any) -> Any:
        source = rest_source(event, *_scope())
        if _is_refused(function_ref, source):
            return _REFUSED, None
        return await call(function_ref, event, **scope)

    return checked


def _checking_http(run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def checked(function: Any, *arguments: Any, **options: Any) -> Any:
        is_call = function is find(f"{_LAMBDA}._execute_function_with_config_scope")
        if is_call and arguments[1].get("version") == "2.0" and "routeKey" in arguments[1]:
            record, event = arguments
            if _is_refused(record["config"]["FunctionArn"], http_source(event, *_scope())):
                return _REFUSED
        return await run(function, *arguments, **options)

    return checked


def _is_refused(function_ref: str, source: str) -> bool:
    refusal = function_refusal(function_ref, _SERVICE, source) if function_ref.startswith("arn:") else None
    if refusal:
        _log.warning("%s: %s", source, refusal)
    return refusal is not None


def _scope() -> tuple[str, str]:
    return find("ministack.core.responses.get_region")(), find("ministack.core.responses.get_account_id")()
