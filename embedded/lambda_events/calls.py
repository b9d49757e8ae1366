"""Calling a mapping's function, by a caller that holds a place already."""

from dataclasses import dataclass
from typing import Any

from embedded.lambda_events.mapping import Mapping
from embedded.ministack_names import find


@dataclass(frozen=True)
class Answer:
    """How a call ended.

    Attributes:
        body: What the function returned, or the error it raised.
        failed: Whether it raised, timed out or could not start.
        throttled: Whether its reserved concurrency was used up, so that it never ran.
    """

    body: Any
    failed: bool
    throttled: bool


def call(mapping: Mapping, event: dict[str, Any]) -> Answer:
    """Call the function and show the result on the mapping, in AWS's words."""
    function = {**mapping.function, "config": mapping.config}
    result = find("ministack.services.lambda_svc._execute_function_with_config_scope")(function, event)
    answer = Answer(
        body=result.get("body"),
        failed=bool(result.get("error")),
        throttled=bool(result.get("throttle")),
    )
    mapping.show("PROBLEM: Function call failed" if answer.failed else "OK")
    return answer
