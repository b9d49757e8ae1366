"""The built wheel, installed away from the checkout: a stack of two constructs synthesizes and deploys."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedded.demo.stage import Stage
from embedded.state import client_environment

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
APP = """
import pinpoint_patterns
from aws_cdk import App, CfnOutput, Stack
from pinpoint_patterns import InboxChannel, PinpointProject

app = App()
stack = Stack(app, "Partner")
project = PinpointProject(stack, "Project", name="partner")
InboxChannel(stack, "Inbox", project=project)
CfnOutput(stack, "ApplicationId", value=project.application_id)
app.synth()
print(pinpoint_patterns.__file__)
"""


# All that this machine needs to reach its packages, and nothing that leads back into the checkout.
_ELSEWHERE = {
    **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
}


@dataclass(frozen=True)
class Partner:
    """A folder of somebody else's.

    Attributes:
        library: Where the wheel is installed.
        assembly: What their app synthesized.
        imported: The file that their app imported our package from.
    """

    library: Path
    assembly: Path
    imported: Path

    def template(self) -> dict[str, Any]:
        template: dict[str, Any] = json.loads((self.assembly / "Partner.template.json").read_text())
        return template


def run(*command: str, cwd: Path, **environment: str) -> str:
    """Run a program and give what it printed; its errors are in the assertion that fails."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**_ELSEWHERE, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Partner:
    folder = tmp_path_factory.mktemp("partner")
    library, assembly = folder / "library", folder / "cdk.out"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
        *("--disable-pip-version-check", "--target", str(library), str(wheel)),
        cwd=folder,
    )
    (folder / "app.py").write_text(APP)
    printed = run(sys.executable, "app.py", cwd=folder, PYTHONPATH=str(library), CDK_OUTDIR=str(assembly))
    return Partner(library, assembly, Path(printed.split()[-1]))


def test_the_package_comes_from_the_wheel_and_not_from_the_checkout(partner: Partner) -> None:
    assert partner.imported.is_relative_to(partner.library)


def test_the_wheel_carries_what_runs_in_lambda(partner: Partner) -> None:
    carried = partner.library / "pinpoint_patterns" / "lambda_src"
    assert (carried / "pinpoint_runtime" / "webhook.py").is_file()
    assert (carried / "requirements.txt").is_file()
    assert (carried / "engine" / "store.py").is_file()


def test_a_stack_of_two_constructs_synthesizes_with_their_code(partner: Partner) -> None:
    resources = partner.template()["Resources"].values()
    types = [resource["Type"] for resource in resources]
    assert "AWS::Pinpoint::App" in types
    assert "AWS::Lambda::Function" in types
    handlers = {
        resource["Properties"]["Handler"].split(".")[0]
        for resource in resources
        if resource["Type"] == "AWS::Lambda::Function"
    }
    shipped = {folder.name for asset in partner.assembly.glob("asset.*") for folder in asset.iterdir()}
    assert handlers <= shipped
    assert "engine" not in shipped


def test_the_stack_deploys_into_the_embedded_aws(partner: Partner, hosted_stage: Stage) -> None:
    outputs = partner.assembly.parent / "outputs.json"
    run(
        *(str(ROOT / "node_modules" / ".bin" / "cdk"), "deploy", "--app", str(partner.assembly), "Partner"),
        *("--require-approval", "never", "--outputs-file", str(outputs)),
        cwd=partner.assembly.parent,
        **client_environment(hosted_stage.account.endpoint),
    )
    application_id = json.loads(outputs.read_text())["Partner"]["ApplicationId"]
    found = hosted_stage.account.client("pinpoint").get_app(ApplicationId=application_id)
    assert found["ApplicationResponse"]["Name"] == "partner"
