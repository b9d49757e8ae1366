"""The rooms of the embedded AWS, in the order in which they are installed."""

from embedded import concurrency, lambda_events, secure_transport, workers
from embedded.server import Server


def install(server: Server) -> None:
    """Install every room in the server of this process, before it serves its first request."""
    for room in (secure_transport, workers, concurrency, lambda_events):
        room.install(server)
