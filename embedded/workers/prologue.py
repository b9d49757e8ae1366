"""Runs at the start of every Python Lambda worker, before the function is imported.

The server prepends this file's text to ministack's worker script: it may use the standard library only.
"""

import os
import re
import threading
import time
from collections.abc import Mapping

# A name that resolves on AWS only. The API answers at a path of the embedded AWS instead.
_EXECUTE_API = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=[/:?#]|$)")


def start(server_port: int) -> None:
    """Put the environment right for the interpreter itself, and end with the server."""
    os.environ["GATEWAY_PORT"] = str(server_port)
    os.environ.update(rewritten(os.environ))
    threading.Thread(target=_leave_with, args=(os.getppid(),), name="leash", daemon=True).start()


def rewritten(variables: Mapping[str, str]) -> dict[str, str]:
    """A function's variables, with addresses and layer folders that exist on this machine.

    `https://<id>.execute-api.<region>.amazonaws.com` becomes the same API at the embedded AWS. A value below
    `/opt/`, where Lambda merges the layers, becomes the path in the last layer that has it.
    """
    api = rf"http://127.0.0.1:{os.environ['GATEWAY_PORT']}/_aws/execute-api/\1"
    return {name: _in_layer(_EXECUTE_API.sub(api, value)) for name, value in variables.items()}


def _in_layer(value: str) -> str:
    if not value.startswith("/opt/"):
        return value
    folders = [folder for folder in os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if folder]
    # Lambda extracts the layers in order, a later one over the earlier ones.
    for folder in reversed(folders):
        path = os.path.join(folder, value.removeprefix("/opt/"))
        if os.path.exists(path):
            return path
    return value


def _leave_with(parent: int) -> None:
    # An idle worker ends when its standard input does; one in the middle of a call would go on.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
