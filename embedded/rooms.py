"""The rooms of the embedded AWS, in the order in which they are installed."""

from embedded import secure_transport, workers
from embedded.server import Server


def install(server: Server) -> None:
    """Install every room in the server of this process, before it serves its first request."""
    for room in (secure_transport, workers):
        room.install(server)
