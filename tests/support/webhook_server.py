"""A custom channel's webhook on this machine, which holds the service to the documented contract."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_EVENT = {"Message", "Data", "ApplicationId", "CampaignId", "TreatmentId", "ActivityId", "ScheduledTime"}


@dataclass
class WebhookServer:
    """What it was asked, and how it answers.

    Attributes:
        account: What it answers HEAD requests with.
        head_status: With which status.
        statuses: The answers to POST requests in turn, then always 200; 0 is silence, -1 a byte at a time.
        bodies: What was posted, byte for byte.
        broken: Breaches of the contract.
        tls: With which certificate it answers; without one by plain HTTP.
    """

    account: str | None
    head_status: int = 200
    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    heads: int = 0
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        place = f"https://localhost:{self.port}" if self.tls else f"http://127.0.0.1:{self.port}"
        return f"{place}/channel?key-1"

    @property
    def batches(self) -> Sequence[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def check(self, body: bytes, headers: dict[str, str]) -> None:
        """Note what the service must not do."""
        event = json.loads(body)
        if set(event) != {*_EVENT, "Endpoints"}:
            self.broken.append(f"members are {sorted(event)}")
        if not 1 <= len(event.get("Endpoints", {})) <= 50:
            self.broken.append(f"{len(event.get('Endpoints', {}))} endpoints")
        if not headers.get("content-type", "").startswith("application/json"):
            self.broken.append("not declared as JSON")


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_HEAD(self) -> None:
        told = self.server.told
        told.heads += 1
        self.send_response(told.head_status)
        if told.account is not None:
            self.send_header("X-Amz-Pinpoint-AccountId", told.account)
        if told.head_status in (301, 302, 307):
            self.send_header("Location", told.url)
        self.end_headers()

    def do_POST(self) -> None:
        told = self.server.told
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told.bodies.append(body)
        told.check(body, {name.lower(): value for name, value in self.headers.items()})
        status = told.statuses.pop(0) if told.statuses else 200
        if status > 0:
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", told.url)
            self.end_headers()
            return
        self.close_connection = True
        while not told.released.wait(0.02):
            if status < 0:
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    told: WebhookServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def webhook_server(account: str | None, **options: Any) -> Iterator[WebhookServer]:
    """A server that answers until the block ends."""
    told = WebhookServer(account, **options)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.told = told
    if told.tls:
        server.socket = told.tls.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        told.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
