"""The rooms of the embedded AWS, in the order in which they are installed."""

from embedded import workers
from embedded.server import Server


def install(server: Server) -> None:
    """Install every room in the server of this process, before it serves its first request."""
    workers.install(server)
