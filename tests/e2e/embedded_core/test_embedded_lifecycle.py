"""Starting and ending: where it listens, what it writes, and that nothing is left behind."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError

from embedded.server_process import REPOSITORY
from tests.e2e.embedded_core.conftest import APP, PORT, Running, command, run

pytestmark = pytest.mark.e2e

_LISTENING = "0A"
_LOOPBACK = "0100007F"


def processes_with(folder: Path) -> list[str]:
    """Command lines that name a state folder: the server's and its workers'."""
    found = subprocess.run(["ps", "-ww", "-eo", "pid=,command="], capture_output=True, text=True, check=True)
    # The commands of the tests themselves end with the tests.
    return [
        line for line in found.stdout.splitlines() if str(folder) in line and "-m embedded up" not in line
    ]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def listening_addresses(process_id: int) -> set[str]:
    """Local addresses of the sockets on which a process listens, as the kernel writes them."""
    links = [os.readlink(link) for link in Path(f"/proc/{process_id}/fd").iterdir() if link.is_symlink()]
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    addresses: set[str] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process_id}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in inodes:
                addresses.add(fields[1].split(":")[0])
    return addresses


def test_it_listens_on_loopback_only(aws: Running) -> None:
    assert listening_addresses(aws.process_id) == {_LOOPBACK}


def test_the_environment_file_is_all_that_a_shell_needs(aws: Running) -> None:
    script = (
        f". {aws.state}/env && exec {REPOSITORY}/.venv/bin/python -c "
        "\"import boto3; print(boto3.client('sts').get_caller_identity()['Account'])\""
    )
    shell = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    assert shell.stdout.strip() == "000000000000"


def test_outputs_are_written_by_stack_and_name(aws: Running) -> None:
    application = aws.output("Partner", "ApplicationId")
    assert aws.output("Partner", "ApplicationArn").endswith(f":apps/{application}")


def test_a_second_up_on_the_same_folder_is_refused(aws: Running) -> None:
    second = run("up", "--state", str(aws.state), "--app", str(APP))
    assert second.returncode == 1
    assert f"process {aws.process_id} serves from {aws.state}" in second.stderr


def test_down_without_up_says_so(tmp_path: Path) -> None:
    down = run("down", "--state", str(tmp_path))
    assert down.returncode == 0
    assert "nothing was running" in down.stderr


def test_down_never_ends_a_process_that_only_has_the_number(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "server.pid").write_text(f"{bystander.pid}\n")
        assert "nothing was running" in run("down", "--state", str(tmp_path)).stderr
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_killing_the_command_leaves_nothing_running(tmp_path: Path) -> None:
    taken = socket.create_server(("127.0.0.1", PORT + 3))
    up = subprocess.Popen(
        command("up", "--port", str(PORT + 3), "--state", str(tmp_path), "--app", str(APP)),
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert wait_until((tmp_path / "server.pid").exists)
        assert wait_until(lambda: any("cdk" in line for line in processes_with(tmp_path)))
    finally:
        up.send_signal(signal.SIGKILL)
        _, said = up.communicate()
        taken.close()
    assert f"port {PORT + 3} is taken: using {PORT + 4}" in said
    assert wait_until(lambda: not processes_with(tmp_path)), processes_with(tmp_path)
    assert not (tmp_path / "server.pid").exists()


def test_a_deployment_that_fails_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "cdk.json").write_text('{"app": "echo the app is broken >&2; exit 3"}')
    up = run("up", "--port", str(PORT + 6), "--state", str(tmp_path / "state"), "--app", str(app))
    assert up.returncode == 1
    assert "the app is broken" in up.stderr
    assert not processes_with(tmp_path / "state")


def test_workers_end_with_a_server_that_was_killed_even_in_the_middle_of_a_call(tmp_path: Path) -> None:
    up = run("up", "--port", str(PORT + 8), "--state", str(tmp_path), "--app", str(APP))
    assert up.returncode == 0, up.stderr
    running = Running(state=tmp_path, said=up.stderr)

    def hang() -> None:
        # How the connection ends is not what is tested.
        with contextlib.suppress(BotoCoreError):
            running.invoke({"Sleep": 60})

    call = threading.Thread(target=hang, daemon=True)
    call.start()
    assert wait_until(lambda: any("Caller" in line for line in processes_with(tmp_path)))
    os.kill(running.process_id, signal.SIGKILL)
    assert wait_until(lambda: not processes_with(tmp_path)), processes_with(tmp_path)
    call.join(timeout=60)
    run("down", "--state", str(tmp_path))
    assert not (tmp_path / "env").exists()
