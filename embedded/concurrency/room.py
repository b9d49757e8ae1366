"""Puts the gates into ministack's Lambda."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded.concurrency.admission import SERVER, Admission, holds_a_place
from embedded.concurrency.asynchronous import AsynchronousQueue
from embedded.concurrency.warm_pool import bounded
from embedded.ministack_names import find, replace

_LAMBDA = "ministack.services.lambda_svc"
_Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def install(admission: Admission = SERVER) -> None:
    """Make every function call wait for a place, and asynchronous ones in a queue.

    Args:
        admission: The gates; the server's own by default.
    """
    execute = find(f"{_LAMBDA}._execute_function")
    replace(f"{_LAMBDA}._execute_function", _gated(execute, admission))
    replace(f"{_LAMBDA}.acquire_worker", bounded(find(f"{_LAMBDA}.acquire_worker")))
    # The gates bound the whole; a cap that answers 429 would drop what they let wait.
    replace(f"{_LAMBDA}._ACCOUNT_CONCURRENCY_CAP", 0)
    queue = AsynchronousQueue(admission)
    replace(f"{_LAMBDA}.invoke_async_with_retry", queue.accept)
    reset = find(f"{_LAMBDA}.reset")

    def reset_all() -> None:
        queue.clear()
        reset()

    replace(f"{_LAMBDA}.reset", reset_all)
    replace("ministack.app.app", _counting_depth(find("ministack.app.app")))


def _gated(execute: Callable[[Any, Any], Any], admission: Admission) -> Callable[[Any, Any], Any]:
    depth_of_chain = find(f"{_LAMBDA}._invoke_depth")

    def execute_function(func: dict[str, Any], event: Any) -> Any:
        config = func.get("config") or func
        # A call from another account or region comes back here once ministack has switched over.
        if holds_a_place() or find(f"{_LAMBDA}._function_config_scope_mismatch")(config):
            return execute(func, event)
        depth = max(1, depth_of_chain.get())
        token = depth_of_chain.set(depth)
        try:
            with admission.synchronous(depth):
                return execute(func, event)
        finally:
            depth_of_chain.reset(token)

    return execute_function


def _counting_depth(app: _Asgi) -> _Asgi:
    """ministack counts the depth of a chain for Invoke only; API Gateway's functions need it as well."""
    header = find(f"{_LAMBDA}._INVOKE_DEPTH_HEADER").encode()
    depth_of_chain = find(f"{_LAMBDA}._invoke_depth")

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name.lower() == header and value.isdigit():
                    depth_of_chain.set(int(value) + 1)
        await app(scope, receive, send)

    return counting
