"""How answers reach CloudFormation, and what they and the log never hold."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from engine.provider import handler as handlers
from engine.provider.answer import MAX_ANSWER_BYTES, Answer, AnswerLost, send
from engine.provider.event import read_event
from engine.provider.serve import serve
from tests.support.lambda_context import LambdaContext
from tests.support.payloads import payload


class Server(HTTPServer):
    """Where CloudFormation waits: fails as often as told, then keeps what it gets."""

    failures = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[dict[str, Any], str | None]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 200
        if self.server.failures:
            self.server.failures -= 1
            status = 503
        else:
            self.server.received.append((json.loads(body), self.headers.get("Content-Type")))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("engine.provider.answer.time.sleep", lambda _: None)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def event(url: str = "", **changes: Any) -> dict[str, Any]:
    return payload("cloudformation/create") | {"ResponseURL": url} | changes


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/answer?Signature=secret"


def test_an_answer_arrives_after_failures_and_with_an_empty_content_type(
    bucket: Server, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "_context", lambda _: world.context)
    bucket.failures = 2

    handlers.handler(event(url_of(bucket)), LambdaContext())

    ((body, content_type),) = bucket.received
    assert body["Status"] == "SUCCESS"
    asked = payload("cloudformation/create")
    assert all(body[name] == asked[name] for name in ("StackId", "RequestId", "LogicalResourceId"))
    assert content_type == ""


def test_an_answer_that_never_arrives_raises_without_the_signed_address(bucket: Server) -> None:
    bucket.failures = 99

    with pytest.raises(AnswerLost) as lost:
        send(read_event(event(url_of(bucket))), Answer(True, "id"))

    assert "secret" not in str(lost.value)
    assert bucket.failures == 99 - 4


def test_without_an_address_the_answer_is_returned(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "_context", lambda _: world.context)

    body = handlers.handler(event(ResourceType="AWS::Pinpoint::App"), LambdaContext())

    assert body["Status"] == "SUCCESS"
    assert body["Data"]["Arn"].endswith(body["PhysicalResourceId"])


def test_the_longest_reason_still_fits_into_an_answer() -> None:
    reason = "\U0001f600" * 5000

    body = Answer(False, "x" * 500, reason=reason).body(read_event(event()))

    assert 1000 < len(json.dumps(body, ensure_ascii=False).encode()) <= MAX_ANSWER_BYTES


@pytest.mark.parametrize("kind", ["App", "GCMChannel", "EmailChannel"])
def test_no_property_reaches_the_log_whatever_happens(
    world: Any, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="engine")
    properties = {"Name": "hush-hush", "ApplicationId": "hush-hush", "FromAddress": "hush-hush"}

    serve(
        world.context,
        read_event(event(ResourceType=f"Custom::Pinpoint{kind}", ResourceProperties=properties)),
    )

    assert caplog.records
    for record in caplog.records:
        assert "hush-hush" not in json.dumps(record.__dict__, default=str)


def test_an_unforeseen_failure_is_answered_without_its_text(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*args: Any) -> None:
        raise RuntimeError("hush-hush")

    monkeypatch.setattr(world.context.store, "put", explode)

    answer = serve(world.context, read_event(event()))

    assert not answer.succeeded
    assert "RuntimeError" in answer.reason
    assert "hush-hush" not in answer.reason
