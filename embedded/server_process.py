"""Starting the server in a process of its own, and ending exactly that process."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded import lifeline
from embedded.server import HOST, REGION, Engine, Server
from embedded.state import State

REPOSITORY: Final = Path(__file__).resolve().parents[1]
_INTERPRETER: Final = REPOSITORY / ".embedded" / "venv" / "bin" / "python"
_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_PORTS_TRIED: Final = 100


class NotInstalled(RuntimeError):
    """The interpreter that serves the embedded AWS is not there."""


class AlreadyRunning(RuntimeError):
    """The state folder belongs to a server that still runs."""


class NotReady(RuntimeError):
    """The server ended, or did not answer in time."""


@dataclass(frozen=True)
class ServerProcess:
    """A running server, tied to this process until `release`.

    Attributes:
        server: Where it listens and how it plays.
        lifeline: Our end of the pipe; the server ends when it is closed.
    """

    server: Server
    process: subprocess.Popen[bytes]
    lifeline: int

    def release(self) -> None:
        """Let the server outlive this process; `stop` ends it."""
        os.write(self.lifeline, lifeline.RELEASE)


def start(state: State, *, port: int, engine: Engine) -> ServerProcess:
    """Start a server and wait until it answers.

    Args:
        port: The wanted port; the next free one is taken when it is in use.

    Raises:
        NotInstalled: `.embedded/venv` is missing.
        AlreadyRunning: Another server uses the state folder.
        NotReady: It ended or stayed silent; its log says why.
    """
    if not _INTERPRETER.exists():
        raise NotInstalled(f"{_INTERPRETER} is missing: run `make up`")
    running = running_process(state)
    if running is not None:
        raise AlreadyRunning(f"process {running} serves from {state.folder}: run `down` first")
    state.prepare()
    with _bound_socket(port) as listener:
        server = Server(port=listener.getsockname()[1], engine=engine, state=state.folder.resolve())
        started = _spawn(server, state, listener)
    try:
        _wait_until_ready(started, state)
    except BaseException:
        end(started, state)
        raise
    return started


def end(started: ServerProcess, state: State) -> None:
    """End a server that this process started, with its workers, and clear its state."""
    started.process.terminate()
    try:
        started.process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        started.process.kill()
        started.process.wait()
    with contextlib.suppress(OSError):
        os.close(started.lifeline)
    state.clear()


def stop(state: State) -> int | None:
    """End the server of a state folder, with its workers, and clear its state.

    Returns:
        The process id that was ended, or None when none ran.
    """
    process_id = running_process(state)
    if process_id is not None:
        os.kill(process_id, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while running_process(state, process_id) and time.monotonic() < deadline:
            time.sleep(0.05)
        if running_process(state, process_id):
            os.kill(process_id, signal.SIGKILL)
    state.clear()
    return process_id


def running_process(state: State, process_id: int | None = None) -> int | None:
    """The id of the server of a state folder, if it runs.

    A number alone proves nothing, since the system gives it out again: the command line must be that of a
    server for this very folder.
    """
    if process_id is None:
        try:
            process_id = int(state.process_id.read_text())
        except (FileNotFoundError, ValueError):
            return None
    listed = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(process_id)], capture_output=True, text=True, check=False
    )
    ours = "embedded.serve" in listed.stdout and str(state.folder.resolve()) in listed.stdout.split()
    return process_id if ours else None


@contextmanager
def _bound_socket(wanted: int) -> Generator[socket.socket]:
    """A socket on 127.0.0.1 that the server inherits, so that no one can take the port in between."""
    for port in (*range(wanted, min(wanted + _PORTS_TRIED, 65536)), 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError:
            listener.close()
            continue
        with listener:
            yield listener
        return
    raise NotReady(f"no free port on {HOST}, not even one of the system's choice")


def _spawn(server: Server, state: State, listener: socket.socket) -> ServerProcess:
    reading, writing = os.pipe()
    command = [str(_INTERPRETER), "-m", "embedded.serve", "--port", str(server.port)]
    command += ["--listener", str(listener.fileno()), "--lifeline", str(reading)]
    command += ["--engine", server.engine, "--state", str(server.state)]
    with state.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=_environment(server, state),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(listener.fileno(), reading),
            # Ctrl-C in the terminal is for the command, which then ends the server in order.
            start_new_session=True,
        )
    os.close(reading)
    return ServerProcess(server=server, process=process, lifeline=writing)


def _environment(server: Server, state: State) -> dict[str, str]:
    """All that the server, and so every Lambda worker, inherits."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "TMPDIR": str(state.scratch.resolve()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(server.port),
        "AWS_DEFAULT_REGION": REGION,
        "AUTH": "true",
        # Listeners that ignore the bind address.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _wait_until_ready(started: ServerProcess, state: State) -> None:
    url = f"{started.server.endpoint}/_ministack/health"
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and started.process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=_READY_SECONDS):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    tail = "\n".join(state.log.read_text(errors="replace").splitlines()[-15:])
    raise NotReady(f"the embedded AWS did not start; {state.log} ends with:\n{tail}")
