"""Pinpoint as a service principal, for stacks that were never hosted.

Such stacks trust `pinpoint.amazonaws.com` and admit `pinpoint.<region>.amazonaws.com`, as they did on AWS.
Behind the front door it is the engine's delivery role that assumes their roles and calls their functions, so
with `--engine pinpoint` its calls are judged as that principal's: `aws:SourceArn` is the application or
campaign on whose behalf they are made, `aws:SourceAccount` its account. With `--engine hosted` nothing of
this is installed, and the role gets what AWS would give it.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
"""

import contextvars
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from embedded import ministack_names
from embedded.pinpoint_principal.delivery import function_source, is_delivery_role
from embedded.server import REGION, Server
from embedded.service_iam.authority import function_refusal, trust_refusal

_TRUSTED: Final = "pinpoint.amazonaws.com"
_INVOKING: Final = f"pinpoint.{REGION}.amazonaws.com"
_EVALUATOR: Final = "ministack.core.iam_evaluator"
_DISPATCH: Final = "ministack.app._dispatch_service_request"

# Who is judged is known from the access key; on whose behalf is in the request's headers or body.
_HEADERS: Final[contextvars.ContextVar[Mapping[str, str] | None]] = contextvars.ContextVar(
    "embedded_request_headers", default=None
)
_BODY: Final[contextvars.ContextVar[bytes]] = contextvars.ContextVar("embedded_request_body", default=b"")


def install(server: Server) -> None:
    """Judge the delivery role's calls as the service principal's, if the server plays it."""
    if server.engine != "pinpoint":
        return
    ministack_names.replace(_DISPATCH, _remembering(ministack_names.find(_DISPATCH)))
    for name, wrap in (("enforce", _judging), ("evaluate_trust_policy", _trusting)):
        full = f"{_EVALUATOR}.{name}"
        ministack_names.replace(full, wrap(ministack_names.find(full)))


def _remembering(dispatch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def dispatch_request(
        method: str, path: str, headers: dict[str, str], body: bytes, *arguments: Any
    ) -> Any:
        tokens = _HEADERS.set(headers), _BODY.set(body)
        try:
            return await dispatch(method, path, headers, body, *arguments)
        finally:
            _HEADERS.reset(tokens[0])
            _BODY.reset(tokens[1])

    return dispatch_request


def _judging(enforce: Callable[..., Any]) -> Callable[..., Any]:
    def judge(
        access_key: str, action: str, service: str, region: str, *arguments: Any, **options: Any
    ) -> Any:
        if action not in ("sts:AssumeRole", "lambda:InvokeFunction"):
            return enforce(access_key, action, service, region, *arguments, **options)
        account = ministack_names.find("ministack.core.responses.get_account_id")()
        principal = ministack_names.find(f"{_EVALUATOR}.resolve_principal")(access_key, account)
        if is_delivery_role(getattr(principal, "arn", "")):
            refusal = _refusal(action, options.get("resource_arn", "*"))
            if refusal is not _NOT_OURS:
                # The signature is still the role's own.
                checked = ministack_names.find(f"{_EVALUATOR}.authenticate")(access_key, account)
                forged = isinstance(checked, ministack_names.find(f"{_EVALUATOR}.AuthError"))
                return checked if forged else refusal
        return enforce(access_key, action, service, region, *arguments, **options)

    return judge


_NOT_OURS: Final = object()


def _refusal(action: str, resource: str) -> Any:
    """None, a refusal, or that the call is the role's own."""
    if action == "sts:AssumeRole":
        # What a service may assume is the business of the trust policy alone.
        return None if "ExternalId" in parse_qs(_BODY.get().decode(errors="replace")) else _NOT_OURS
    source = function_source(_HEADERS.get() or {})
    if source is None:
        return _NOT_OURS
    refused = function_refusal(resource, _INVOKING, source)
    if refused is None:
        return None
    return ministack_names.find(f"{_EVALUATOR}.EvalResult")("ImplicitDeny", _INVOKING, "", refused)


def _trusting(evaluate: Callable[..., bool]) -> Callable[..., bool]:
    def trusts(document: Any, caller: str, context: Any = None) -> bool:
        if context is not None and is_delivery_role(caller):
            source = context.service_context.get("sts:externalid")
            if source:
                return trust_refusal(context.resource_arn, _TRUSTED, source_arn=source) is None
        return evaluate(document, caller, context)

    return trusts
