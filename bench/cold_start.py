"""Import of each handler, compiled fresh, over `import boto3; boto3.client("pinpoint")`."""

import os
import sys
import tempfile
from pathlib import Path

from bench.measure import Figure, ratio, seconds

LAMBDA_SRC = Path(__file__).resolve().parents[1] / "lambda_src"
FLOOR = "import boto3; boto3.client('pinpoint')"
_QUEUES = (
    "CALLBACKS_QUEUE_URL",
    "DEAD_LETTERS_QUEUE_URL",
    "DEAD_LETTERS_URL",
    "MALFORMED_QUEUE_URL",
    "QUEUE_URL",
)
_NUMBERS = (
    "BUDGET_SECONDS",
    "FREQUENCY_CAP",
    "FREQUENCY_WINDOW_SECONDS",
    "GIVE_UP_AFTER_SECONDS",
    "LEASE_SECONDS",
    "MAX_ATTEMPTS",
    "MOST_ATTEMPTS",
)
# Handlers read their settings when they are imported; these satisfy all of them.
SETTINGS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "ADAPTER": "channels.webhook.adapter:adapter",
    "APPLICATION_ID": "bench",
    "CALLBACK_SECRET_ARN": "bench",
    "CALLBACK_URL": "https://cdp.example.com/",
    "CHANNEL": "webhook",
    "IMPORT_ROLE_ARN": "bench",
    "LEDGER_TABLE": "bench",
    "PLACES_TABLE": "bench",
    "TOPIC_ARN": "bench",
    "WEBHOOK_SECRET_ARN": "bench",
    "WEBHOOK_URL": "https://messages.example.com/",
    "WEBHOOK_IDEMPOTENCY_KEY": "true",
    **dict.fromkeys(_QUEUES, "https://sqs.us-east-1.amazonaws.com/000000000000/bench"),
    **dict.fromkeys(_NUMBERS, "10"),
}


def handlers() -> list[str]:
    """The dotted names of all modules below the Lambda source root that hold a handler."""
    return sorted(
        ".".join(path.relative_to(LAMBDA_SRC).with_suffix("").parts)
        for path in LAMBDA_SRC.rglob("*.py")
        if "\ndef handler(" in path.read_text()
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
