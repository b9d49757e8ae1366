"""A command on a leash: it and all that it started end with the process that holds the leash, or in time.

The CDK CLI starts a Python app, which starts jsii's Node: killing the CLI alone would leave the others.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded import lifeline

_REPOSITORY: Final = Path(__file__).resolve().parents[1]


class TimedOut(RuntimeError):
    """A command took longer than it may, and was ended."""


@dataclass(frozen=True)
class Leashed:
    """A command that runs."""

    name: str
    process: subprocess.Popen[bytes]

    def wait(self, seconds: float) -> int:
        """Wait for its end.

        Args:
            seconds: How long it may take from now on.

        Returns:
            Its exit code.

        Raises:
            TimedOut: It took longer; it ends with the `with` block.
        """
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"{self.name} took more than {seconds:.0f} s") from None


@contextmanager
def leashed(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
) -> Generator[Leashed]:
    """Run a command for the length of a `with` block at most; it is ended at once when the block is left.

    Args:
        folder: Where it runs.
        log: Takes its output.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedded.leash", str(folder), *command],
            cwd=_REPOSITORY,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal is for whoever holds the leash.
            start_new_session=True,
        )
    try:
        yield Leashed(f"{Path(command[0]).name} {command[1]}", process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


def _main() -> None:
    folder, *command = sys.argv[1:]
    child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True)
    lifeline.watch(sys.stdin.fileno(), lambda: os.killpg(child.pid, signal.SIGKILL))
    sys.exit(child.wait())


if __name__ == "__main__":
    _main()
