"""A small HTTP server on loopback that serves one vendor."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGEST_BODY = 1_000_000


@dataclass(frozen=True)
class Request:
    """One request.

    Args:
        method: As sent.
        path: Without the query.
        headers: Names in lower case.
        body: The bytes as they came.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """One answer.

    Args:
        status: The HTTP status.
        body: Sent as JSON.
        headers: Further headers.
        cut: Whether the connection is cut in place of the answer.
        after: Seconds for which the caller waits.
    """

    status: int
    body: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: bool = False
    after: float = 0.0


@contextmanager
def serve(receive: Callable[[Request], Answer], *, port: int = 0) -> Generator[str]:
    """Serves on 127.0.0.1 for as long as the block runs.

    Args:
        receive: Answers one request; called from many threads at once.
        port: The port; 0 picks a free one.

    Yields:
        The address, such as `http://127.0.0.1:40123`.
    """

    class Handler(_Handler):
        answer = staticmethod(receive)

    server = _Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing when a sender hangs up; anything else is a bug of ours and is printed."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    # Otherwise Nagle's algorithm and delayed acknowledgement cost 40 ms a request.
    disable_nagle_algorithm = True
    answer: Callable[[Request], Answer]

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return self._send(Answer(413, {"error": "too_large"}))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.split("?", 1)[0]
        return self._send(self.answer(Request(self.command, path, headers, self.rfile.read(length))))

    def _send(self, answer: Answer) -> None:
        time.sleep(answer.after)
        if answer.cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name upstream)
        """Says nothing: the journal is the log."""
