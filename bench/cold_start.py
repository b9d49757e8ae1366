"""Import of each handler, compiled fresh, over `import boto3; boto3.client("pinpoint")`."""

import os
import sys
import tempfile
from pathlib import Path

from bench.measure import Figure, ratio, seconds

LAMBDA_SRC = Path(__file__).resolve().parents[1] / "lambda_src"
FLOOR = "import boto3; boto3.client('pinpoint')"
# Handlers read their settings when they are imported; these satisfy all of them.
SETTINGS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "BUDGET_SECONDS": "10",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/bench",
}


def handlers() -> list[str]:
    """The dotted names of all handler modules below the Lambda source root."""
    return sorted(
        ".".join(path.relative_to(LAMBDA_SRC).with_suffix("").parts)
        for path in LAMBDA_SRC.rglob("handler.py")
    )


def figures() -> list[Figure]:
    """CPU-bound wall time of importing each handler in a fresh interpreter, as multiples of the floor."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **SETTINGS, "PYTHONPATH": str(LAMBDA_SRC), "PYTHONPYCACHEPREFIX": cache}
        floor = seconds([sys.executable, "-c", FLOOR], environment=environment, folder=LAMBDA_SRC, runs=5)
        found = []
        for module in handlers():
            code = f"import {module}"
            taken = seconds([sys.executable, "-c", code], environment=environment, folder=LAMBDA_SRC, runs=5)
            found.append(ratio(f"cold import of {module} over a Pinpoint client", taken, floor))
        return found
