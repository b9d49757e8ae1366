"""The signed webhook against a receiver that checks Standard Webhooks, and answers badly on demand."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pinpoint_runtime.webhook import (
    Accepted,
    Rejected,
    RetryLater,
    SigningSecret,
    Unknown,
    Webhook,
    error_code,
    outcome_of,
    signing_keys,
)

KEY = b"k" * 33
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Secrets:
    """Secrets Manager with one secret."""

    def __init__(self, text: str = SECRET) -> None:
        self.text = text
        self.reads = 0
        self.down = False

    def get_secret_value(self, **request: str) -> dict[str, str]:
        self.reads += 1
        if self.down:
            raise KeyError("SecretString")
        return {"SecretString": self.text}


class Receiver(ThreadingHTTPServer):
    """Verifies each request as the standard says, remembers it, and answers with the next planned answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plan: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.seen: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/messages"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((headers, body))
        if not self.server.plan:
            answer(202)(self)
        else:
            self.server.plan.pop(0)(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        pass


def answer(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    return send


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def webhook(url: str, secrets: Secrets | None = None, *, idempotency_key: bool = True) -> Webhook:
    return Webhook(
        url,
        SigningSecret(secrets or Secrets(), "arn"),
        idempotency_key=idempotency_key,
        connect_timeout=1.0,
        read_timeout=0.5,
    )


def test_the_receiver_can_verify_the_signature_and_the_time(receiver: Receiver) -> None:
    assert webhook(receiver.url).post("msg_1", {"data": "ü"}) == Accepted(202)
    headers, body = receiver.seen[0]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY, content, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 5
    assert json.loads(body) == {"data": "ü"}


def test_the_id_is_the_idempotency_key_where_the_receiver_honours_one(receiver: Receiver) -> None:
    webhook(receiver.url).post("msg_1", {})
    webhook(receiver.url, idempotency_key=False).post("msg_2", {})
    (keyed, _), (unkeyed, _) = receiver.seen
    assert keyed["idempotency-key"] == keyed["webhook-id"] == "msg_1"
    assert "idempotency-key" not in unkeyed
    assert unkeyed["connection"] == "close"


def test_no_connection_is_used_twice_where_a_closed_one_would_look_like_a_lost_answer(
    receiver: Receiver,
) -> None:
    """The receiver closes after each answer without saying so."""

    def close_silently(handler: BaseHTTPRequestHandler) -> None:
        answer(202)(handler)
        handler.close_connection = True

    receiver.plan = [close_silently] * 200
    sender = webhook(receiver.url, idempotency_key=False)
    assert {sender.post(f"m{number}", {}) for number in range(200)} == {Accepted(202)}


def test_too_many_requests_waits_as_long_as_the_receiver_says(receiver: Receiver) -> None:
    receiver.plan = [answer(429, retry_after="7")]
    assert webhook(receiver.url).post("m", {}) == RetryLater("http_429", 7.0, attempted=False)


def test_a_connection_cut_after_the_request_is_unknown(receiver: Receiver) -> None:
    receiver.plan = [cut]
    assert isinstance(webhook(receiver.url).post("m", {}), Unknown)
    assert len(receiver.seen) == 1


def test_an_answer_that_does_not_come_in_time_is_unknown(receiver: Receiver) -> None:
    receiver.plan = [lambda _: time.sleep(1.0)]
    assert webhook(receiver.url).post("m", {}) == Unknown("ReadTimeoutError")


def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    outcome = webhook(f"http://127.0.0.1:{port}/").post("m", {})
    assert outcome == RetryLater("NewConnectionError", attempted=False)


def test_an_unknown_host_was_not_sent() -> None:
    assert isinstance(webhook("https://receiver.invalid/").post("m", {}), RetryLater)


def test_a_redirect_is_refused_and_not_followed(receiver: Receiver) -> None:
    receiver.plan = [answer(307, location=receiver.url)]
    assert webhook(receiver.url).post("m", {}) == Rejected("http_307")
    assert len(receiver.seen) == 1


@pytest.mark.parametrize(
    ("expected", "statuses"),
    [
        (Accepted, (200, 202, 299)),
        (Rejected, (307, 400, 403, 404, 410, 413, 422, 501)),
        (RetryLater, (401, 408, 425, 429, 500, 503, 507)),
        (Unknown, (502, 504)),
    ],
)
def test_each_status_has_one_meaning(expected: type, statuses: tuple[int, ...]) -> None:
    assert {type(outcome_of(status, None, 0.0)) for status in statuses} == {expected}


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("0", 0.0),
        ("-5", 0.0),
        ("999999", 43200.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_a_queues_patience(
    retry_after: str | None, seconds: float | None
) -> None:
    assert outcome_of(429, retry_after, 0.0) == RetryLater("http_429", seconds, attempted=False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": "unknown_recipient"}', "unknown_recipient"),
        (b'{"error": {"code": "E42"}}', "E42"),
        (b'{"error": "no mailbox a@example.com"}', "http_422"),
        (b'{"error": ["x"]}', "http_422"),
        (b"[]", "http_422"),
        (b"\xff", "http_422"),
    ],
)
def test_a_rejection_is_named_as_the_receiver_names_it_but_never_quoted(body: bytes, reason: str) -> None:
    assert outcome_of(422, None, 0.0, error_code(body)) == Rejected(reason)


def test_a_rotated_secret_signs_without_a_deployment() -> None:
    now = [0.0]
    secrets = Secrets()
    secret = SigningSecret(secrets, "arn", ttl=300.0, monotonic=lambda: now[0])
    assert secret.keys() == secret.keys() == (KEY,)
    assert secrets.reads == 1
    secrets.text = base64.b64encode(b"new").decode()
    now[0] = 300.0
    assert secret.keys() == (b"new",)


def test_an_unauthorized_answer_reads_the_secret_anew(receiver: Receiver) -> None:
    receiver.plan = [answer(401)]
    secrets = Secrets()
    sender = webhook(receiver.url, secrets)
    assert isinstance(sender.post("m", {}), RetryLater)
    secrets.text = base64.b64encode(b"new").decode()
    assert sender.post("m", {}) == Accepted(202)
    assert secrets.reads == 2


def test_the_last_good_secret_serves_while_secrets_manager_is_down(receiver: Receiver) -> None:
    secrets = Secrets()
    sender = webhook(receiver.url, secrets)
    receiver.plan = [answer(401), answer(200)]
    sender.post("m", {})
    secrets.down = True
    assert sender.post("m", {}) == Accepted(200)


def test_without_a_secret_nothing_is_sent(receiver: Receiver) -> None:
    secrets = Secrets("not base64!")
    outcome = webhook(receiver.url, secrets).post("m", {})
    assert isinstance(outcome, RetryLater)
    assert "base64!" not in outcome.reason
    assert receiver.seen == []


def test_two_secrets_sign_side_by_side_while_the_receiver_changes_over(receiver: Receiver) -> None:
    secrets = Secrets(f"{SECRET} whsec_{base64.b64encode(b'old').decode()}")
    webhook(receiver.url, secrets).post("m", {})
    assert len(receiver.seen[0][0]["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_%%%"])
def test_an_unusable_secret_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a signing secret must be whsec_<base64>"):
        signing_keys(text)


@pytest.mark.parametrize("url", ["http://example.com/", "http://localhost.evil.com/", "ftp://x", "https://"])
def test_a_url_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        webhook(url)
