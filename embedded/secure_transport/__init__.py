"""Requests over the loopback interface count as made over TLS.

Policies that refuse plain HTTP are good practice: the CDK's own bootstrap bucket has one
(`AllowSSLRequestsOnly`), and so has every bucket, queue and topic made with `enforce_ssl`. The embedded
AWS speaks plain HTTP on 127.0.0.1, so each of them would refuse everybody; publishing assets is where it
shows first. No byte leaves the machine, so `aws:SecureTransport` is true here. What this costs: that such
a policy really refuses plain HTTP cannot be seen on the embedded AWS.
"""

import contextvars
from typing import Final

from embedded import ministack_names
from embedded.server import HOST, Server

_EVALUATOR: Final = "ministack.core.iam_evaluator"
_ORIGIN: Final = f"{_EVALUATOR}._request_origin"
_PIN: Final = "ministack.app.pin_request_origin"


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Let `aws:SecureTransport` be true for every request, and for what the server does by itself."""
    origin: contextvars.ContextVar[tuple[str, bool]] = contextvars.ContextVar(
        "embedded_request_origin", default=(HOST, True)
    )

    def pin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001  (ministack's signature)
        origin.set((source_ip, True))

    ministack_names.replace(_ORIGIN, origin)
    ministack_names.replace(_PIN, pin)
