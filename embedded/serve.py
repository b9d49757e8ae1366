"""The server process: ministack with every room installed, on 127.0.0.1 only.

Runs under the interpreter of `.embedded/venv`, which holds ministack and boto3 and nothing else: Lambda
workers are started from this process and must not find more than Lambda itself would give them.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import signal
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from embedded import lifeline, ministack_names, rooms
from embedded.server import ENGINES, Server
from embedded.state import State

# Connections that are still open when the server is told to stop get this long to finish.
_GRACE_SECONDS = 1.0


def main() -> None:
    """Serve until SIGTERM, SIGINT, or the end of the process at the other end of the lifeline."""
    arguments = _arguments()
    server = Server(port=arguments.port, engine=arguments.engine, state=arguments.state)
    state = State(arguments.state)
    _raise_file_limit()
    rooms.install(server)
    if arguments.lifeline is not None:
        lifeline.watch(arguments.lifeline, lambda: os.kill(os.getpid(), signal.SIGTERM))
    state.process_id.write_text(f"{os.getpid()}\n")
    try:
        asyncio.run(_serve(arguments.listener))
    finally:
        ministack_names.find("ministack.core.lambda_runtime.reset")()
        state.clear()
    # ministack's pollers are threads that never end by themselves.
    os._exit(0)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="embedded.serve")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--listener", type=int, required=True, help="descriptor of a socket bound to the port"
    )
    parser.add_argument("--lifeline", type=int, help="descriptor of the reading end of the starter's pipe")
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--state", type=Path, required=True)
    return parser.parse_args()


async def _serve(listener: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.shutdown_timeout = _GRACE_SECONDS
    # A connection that is cut while it is drained is not an error when everything ends.
    with contextlib.suppress(asyncio.CancelledError):
        await serve(ministack_names.find("ministack.app.app"), config, shutdown_trigger=stop.wait)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
