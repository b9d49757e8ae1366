"""Synthesis of all stacks over that of an empty Python CDK application."""

import os
import sys
import tempfile
from pathlib import Path

from bench.measure import Figure, ratio, seconds

ROOT = Path(__file__).resolve().parents[1]
EMPTY = "import aws_cdk as cdk; app = cdk.App(); cdk.Stack(app, 'Empty'); app.synth()"


def figures() -> list[Figure]:
    """Wall time of `app.py` for each engine, as multiples of the empty application."""
    environment = {**os.environ, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}
    with tempfile.TemporaryDirectory() as folder:
        environment["CDK_OUTDIR"] = folder
        floor = seconds([sys.executable, "-c", EMPTY], environment=environment, folder=ROOT)
        found = []
        for engine in ("hosted", "pinpoint"):
            environment["CDK_CONTEXT_JSON"] = f'{{"engine": "{engine}"}}'
            taken = seconds([sys.executable, "app.py"], environment=environment, folder=ROOT)
            found.append(ratio(f"synth of all stacks, {engine}, over an empty app", taken, floor))
        return found
