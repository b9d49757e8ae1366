"""Calls of Pinpoint's API over their rate, on demand: each n-th call of an operation is answered with 429.

The API of a hosted engine answers as API Gateway does over a stage's rate: before the function behind it, so
that a refused call had no effect. Which operations are throttled is read from the state folder at each call,
and how many calls of these there were is written there.
See https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html.
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from embedded import ministack_names
from embedded.pinpoint.operations import identify
from embedded.server import REGION, Server
from embedded.state import State

_Answer = tuple[int, dict[str, Any], bytes]
_HANDLE: Final = "ministack.services.apigateway_v1._invoke_lambda_proxy_v1"
_PATH: Final = 5
_METHOD: Final = 6
_TOO_MANY: Final[_Answer] = (
    429,
    {"Content-Type": "application/json", "x-amzn-ErrorType": "TooManyRequestsException"},
    b'{"message":"Too Many Requests"}',
)


def install(server: Server) -> None:
    """Let REST APIs refuse what the state folder asks them to."""
    handle: Callable[..., Awaitable[_Answer]] = ministack_names.find(_HANDLE)
    state = State(server.state)
    throttling = Throttling(state.throttling, state.watched_calls)

    async def answering(*arguments: Any, **options: Any) -> _Answer:
        if throttling.refuses(arguments[_METHOD], arguments[_PATH]):
            return _TOO_MANY
        return await handle(*arguments, **options)

    ministack_names.replace(_HANDLE, answering)


class Throttling:
    """Counts calls, and says which of them are too many.

    Args:
        plan: A JSON file: `{"PutEvents": 20}` refuses each twentieth call, and 0 none. Nothing is refused
            while it is not there, nor counted.
        counts: A JSON file that is written: the calls of each operation in the plan, those refused included.
    """

    def __init__(self, plan: Path, counts: Path) -> None:
        self._plan = plan
        self._counts = counts
        self._calls: Counter[str] = Counter()

    def refuses(self, method: str, path: str) -> bool:
        """Whether this call is one too many."""
        try:
            every: Mapping[str, int] = json.loads(self._plan.read_text())
        except FileNotFoundError:
            return False
        request = identify(method, path, REGION)
        operation = request.action.partition(":")[2] if request else ""
        if operation not in every:
            return False
        self._calls[operation] += 1
        self._counts.write_text(json.dumps(self._calls))
        return bool(every[operation]) and self._calls[operation] % every[operation] == 0
