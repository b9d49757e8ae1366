"""Event source mappings as AWS documents them: Kinesis and DynamoDB streams, and SQS queues."""

from embedded.lambda_events.room import install as _install
from embedded.server import Server


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Serve all event source mappings by our own pollers."""
    _install()
