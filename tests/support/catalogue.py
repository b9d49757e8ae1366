"""The whole catalogue, synthesized as the CDK CLI would."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from stacks.catalogue import build

ROOT = Path(__file__).resolve().parents[2]


def synthesize(
    engine: str, folder: Path, *, nag: bool = False, validation: bool = False
) -> dict[str, dict[str, Any]]:
    """The template of each stack by name.

    Args:
        engine: `hosted` or `pinpoint`.
        folder: Where the assembly goes.
        nag: Whether cdk-nag looks at it; a finding that is not acknowledged raises.
        validation: Whether CloudFormation's own rules look at it.
    """
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(
        context={**context, "engine": engine, "aws:cdk:bundling-stacks": []},
        builtin_cloud_formation_validation=validation,
        outdir=str(folder),
        # Traces and versions would differ from machine to machine.
        analytics_reporting=False,
    )
    build(app)
    if nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks())
    return {stack.stack_name: stack.template for stack in app.synth().stacks}
