"""Lambda's worker processes: they see addresses and folders that exist here, and end with the server."""

from pathlib import Path
from typing import Final

from embedded import ministack_names
from embedded.server import Server
from embedded.workers.output import quick

_WORKER_SCRIPT: Final = "ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT"
_GATHERS_OUTPUT: Final = "ministack.core.lambda_runtime.Worker._drain_stderr_bounded"
_SETS_ENVIRONMENT: Final = "os.environ.update(env)"


class UnknownWorkerScript(RuntimeError):
    """The installed ministack's worker script sets the function's environment in another way."""


def install(server: Server) -> None:
    """Let every Python worker run our prologue, and set its function's environment through it.

    Raises:
        UnknownWorkerScript: ministack was upgraded and its script has to be read again.
    """
    script: str = ministack_names.find(_WORKER_SCRIPT)
    ministack_names.replace(_WORKER_SCRIPT, with_prologue(script, port=server.port))
    ministack_names.replace(_GATHERS_OUTPUT, quick(ministack_names.find(_GATHERS_OUTPUT)))


def with_prologue(script: str, *, port: int) -> str:
    """The worker script of ministack with `prologue.py` before it.

    Args:
        port: Where the embedded AWS listens.

    Raises:
        UnknownWorkerScript: The script sets the environment of the function nowhere, or twice.
    """
    if script.count(_SETS_ENVIRONMENT) != 1:
        raise UnknownWorkerScript(f"expected {_SETS_ENVIRONMENT!r} once in ministack's Python worker script")
    prologue = (Path(__file__).parent / "prologue.py").read_text()
    start = f"start(server_port={port})\n"
    return prologue + start + script.replace(_SETS_ENVIRONMENT, "os.environ.update(rewritten(env))")
