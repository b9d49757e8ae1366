"""Ctrl-C, which a terminal sends to the whole group of processes in its foreground."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.server_process import REPOSITORY
from tests.e2e.embedded_core.conftest import APP, PORT, command

pytestmark = pytest.mark.e2e

_PROMPT_SECONDS = 15.0
_INTERRUPTED = 128 + signal.SIGINT


class Terminal:
    """A command in the foreground of a terminal of its own.

    All that it starts is known by the test's folder: temporary files go below it, and so does the state of
    the server, which is where the server's and its workers' temporary files go.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._output = folder / "said"
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command(*arguments),
                cwd=REPOSITORY,
                env=os.environ | {"TMPDIR": str(temporary), "COLUMNS": "200"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    def wait_until(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self._process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)

    def interrupt(self) -> int:
        """Press Ctrl-C; returns the exit code."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(_PROMPT_SECONDS)

    def running(self) -> list[str]:
        """Command lines of what the command started and of itself, as the kernel knows them."""
        mark = str(self._folder).encode()
        found: list[str] = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                known_by = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
                if mark in known_by:
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(*arguments: str) -> Terminal:
        opened.append(Terminal(tmp_path, *arguments))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def last_words(said: str) -> list[str]:
    """All that was said after the last step; a step's line ends with dots or begins with seconds."""
    steps = (line.endswith("…") or re.match(r" *\d+ s  ", line) for line in reversed(said.splitlines()))
    after = next((number for number, is_step in enumerate(steps) if is_step), len(said.splitlines()))
    return [line for line in said.splitlines()[-after:] if line.strip()] if after else []


def test_an_interrupted_up_ends_at_once_leaves_nothing_and_can_be_repeated(
    tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    state, port = tmp_path / "state", PORT + 20

    def interrupted_while_it_synthesizes() -> None:
        up = terminal("up", "--port", str(port), "--state", str(state), "--app", str(APP))
        up.wait_until(lambda: {"embedded.serve", "synth", "bootstrap"} <= set(" ".join(up.running()).split()))
        assert not is_free(port)

        assert up.interrupt() == _INTERRUPTED

        assert up.running() == []
        assert is_free(port)
        assert last_words(up.said) == ["interrupted: what was started has been ended"]
        assert {path.name for path in state.iterdir()} <= {"server.log", "cdk.log", "cdk.out"}

    interrupted_while_it_synthesizes()
    interrupted_while_it_synthesizes()


def test_an_up_that_is_interrupted_before_the_server_answers_leaves_nothing_either(
    tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    state, port = tmp_path / "state", PORT + 22
    up = terminal("up", "--port", str(port), "--state", str(state), "--app", str(APP))
    up.wait_until(lambda: any("embedded.serve" in line for line in up.running()))

    assert up.interrupt() == _INTERRUPTED

    assert up.running() == []
    assert is_free(port)
    assert last_words(up.said) == ["interrupted: what was started has been ended"]
    assert {path.name for path in state.iterdir()} <= {"server.log"}


def test_an_interrupted_demo_leaves_nothing_of_its_traffic(
    tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    port = PORT + 26
    demo = terminal("demo", "--pattern", "SegmentImport", "--port", str(port))
    demo.wait_until(lambda: "dropping a file" in demo.said)
    demo.wait_until(lambda: any("SegmentImport" in line for line in demo.running()))

    assert demo.interrupt() == _INTERRUPTED

    assert demo.running() == []
    assert is_free(port)
    assert last_words(demo.said) == ["interrupted: what was started has been ended"]
    assert list((tmp_path / "tmp").glob("pinpoint-demo-*")) == []
