"""The engine, as far as the embedded AWS knows it: two functions with fixed names."""

from typing import Any, Final

from embedded import ministack_names

API: Final = "pinpoint-engine-api"
PROVIDER: Final = "pinpoint-engine-provider"

_LAMBDA: Final = "ministack.services.lambda_svc"


class NotDeployed(RuntimeError):
    """The account has no engine yet."""

    def __init__(self, function: str) -> None:
        super().__init__(f"there is no function {function} in this account: deploy the stack Engine first")


def require(function: str) -> None:
    """Check that a function of the engine is deployed.

    Raises:
        NotDeployed: It is not.
    """
    _record(function)


async def call(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Call a function of the engine as a REST API calls it, and give its proxy answer.

    Raises:
        NotDeployed: The engine is not deployed.
    """
    record, config = _record(function)
    execution = ministack_names.find(f"{_LAMBDA}._execution_record_for_config")(record, config)
    # The engine calls back into this server: it must hold neither the event loop nor a pooled thread.
    result = await ministack_names.find("ministack.core.concurrency.run_reentrant")(
        ministack_names.find(f"{_LAMBDA}._execute_function_with_config_scope"), execution, event
    )
    answer: dict[str, Any]
    answer, _ = ministack_names.find(f"{_LAMBDA}.lambda_execute_result_to_api_proxy_response")(result)
    return answer


def _record(function: str) -> tuple[Any, Any]:
    record, config, _ = ministack_names.find(f"{_LAMBDA}._get_func_record_for_ref")(function)
    if record is None or config is None:
        raise NotDeployed(function)
    return record, config
