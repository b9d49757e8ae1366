"""Lambda concurrency that waits instead of dropping, with a reserve for nested synchronous calls."""

from embedded.concurrency.room import install as _install
from embedded.server import Server


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Make every function call wait for a place, and asynchronous ones in a queue."""
    _install()
