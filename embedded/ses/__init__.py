"""Mail: kept and readable, with the events that a configuration set would send about it."""

from embedded.server import Server
from embedded.ses.room import install as _install


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Keep all that is known of each mail, and tell EventBridge what became of it."""
    _install()
