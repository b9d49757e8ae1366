"""A command on a leash: it and all that it started end with the process that holds the leash, or in time.

The CDK CLI starts a Python app, which starts jsii's Node: killing the CLI alone would leave the others.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from embedded import lifeline

_REPOSITORY: Final = Path(__file__).resolve().parents[1]


class TimedOut(RuntimeError):
    """A command took longer than it may, and was ended."""


def run(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: IO[bytes], seconds: float
) -> int:
    """Run a command to its end.

    Args:
        folder: Where it runs.
        log: Takes its output.
        seconds: How long it may take.

    Returns:
        Its exit code.

    Raises:
        TimedOut: It took longer.
    """
    leashed = subprocess.Popen(
        [sys.executable, "-m", "embedded.leash", str(folder), *command],
        cwd=_REPOSITORY,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return leashed.wait(seconds)
    except subprocess.TimeoutExpired:
        raise TimedOut(f"{Path(command[0]).name} {command[1]} took more than {seconds:.0f} s") from None
    finally:
        if leashed.stdin is not None:
            leashed.stdin.close()
        leashed.wait()


def _main() -> None:
    folder, *command = sys.argv[1:]
    child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True)
    lifeline.watch(sys.stdin.fileno(), lambda: os.killpg(child.pid, signal.SIGKILL))
    sys.exit(child.wait())


if __name__ == "__main__":
    _main()
