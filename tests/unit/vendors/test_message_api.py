"""The ISV's message API: an honest vendor on a bad day."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.intake import Intake, Sabotage
from embedded.vendors.message_api import message_api
from embedded.vendors.server import serve
from embedded.vendors.signatures import sign

SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="
CALM = FaultPlan(seed=1, throttled=0, broken=0, cut=0)


class Sender:
    """Posts to one vendor as the webhook channel does."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc

    def post(
        self,
        to: str,
        message_id: str = "msg-1",
        *,
        key: bool = True,
        secret: str = SECRET,
        body: bytes | None = None,
        content_type: str = "application/json",
        timestamp: int | None = None,
    ) -> tuple[int, dict[str, str], dict[str, str]]:
        """Status (0 for a cut connection), body, headers."""
        content = (
            body
            if body is not None
            else json.dumps({"type": "message.send", "to": to, "data": "hello"}).encode()
        )
        stamp = int(time.time()) if timestamp is None else timestamp
        headers = {
            "content-type": content_type,
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret, message_id, stamp, content),
        }
        if key:
            headers["idempotency-key"] = message_id
        connection = http.client.HTTPConnection(self.address, timeout=5)
        try:
            connection.request("POST", "/v1/messages", content, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), {k.lower(): v for k, v in answer.getheaders()}
        except http.client.RemoteDisconnected:
            return 0, {}, {}
        finally:
            connection.close()


def opened(faults: FaultPlan, sabotage: Sabotage = Sabotage.NONE) -> Intake:
    intake = message_api(faults, sabotage)
    intake.secret = SECRET
    return intake


@pytest.fixture
def calm() -> Iterator[tuple[Intake, Sender]]:
    intake = opened(CALM)
    with serve(intake.receive) as url:
        yield intake, Sender(url)


def recipient_that_meets(fault: Fault, plan: FaultPlan) -> str:
    return next(name for name in (f"handle-{n}" for n in range(10_000)) if plan.fault(name, 1) is fault)


def test_a_signed_message_is_accepted_and_noted(calm: tuple[Intake, Sender]) -> None:
    intake, sender = calm
    status, body, _ = sender.post("ada")
    assert (status, body) == (202, {"id": "m-1"})
    assert [(e.message_id, e.recipient, e.accepted) for e in intake.journal.entries] == [
        ("msg-1", "ada", True)
    ]


def test_a_repeated_idempotency_key_gets_the_first_acceptance_and_makes_no_second_message(
    calm: tuple[Intake, Sender],
) -> None:
    intake, sender = calm
    assert sender.post("ada")[1] == sender.post("ada")[1]
    assert intake.journal.accepted == 1


def test_without_a_key_every_accepted_post_is_a_new_message_and_shows_as_twice(
    calm: tuple[Intake, Sender],
) -> None:
    intake, sender = calm
    first, second = sender.post("ada", key=False)[1], sender.post("ada", key=False)[1]
    assert first != second
    assert (intake.journal.accepted, intake.journal.accepted_twice, intake.journal.recipients_twice) == (
        2,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"secret": "whsec_b3RoZXI="}, 401),
        ({"timestamp": 1}, 401),
        ({"body": b"not json"}, 422),
        ({"body": b"[]"}, 422),
        ({"body": b"{}"}, 422),
        ({"body": b'{"type": "message.send", "data": "hello"}'}, 422),
        ({"body": b'{"type": "message.send", "to": "ada"}'}, 422),
        ({"content_type": "text/plain"}, 422),
    ],
)
def test_what_breaks_the_contract_is_refused_and_noted(
    calm: tuple[Intake, Sender], wrong: dict[str, object], status: int
) -> None:
    intake, sender = calm
    assert sender.post("ada", **wrong)[0] == status  # type: ignore[arg-type]
    (entry,) = intake.journal.entries
    assert (entry.status, entry.accepted) == (status, False)


def test_a_handle_that_is_gone_is_refused_for_good(calm: tuple[Intake, Sender]) -> None:
    intake, sender = calm
    status, body, _ = sender.post("gone-ada")
    assert (status, body) == (422, {"error": "unknown_recipient"})
    assert intake.journal.accepted == 0


def test_a_vendor_without_its_secret_is_not_open() -> None:
    with serve(message_api(CALM).receive) as url:
        assert Sender(url).post("ada")[0] == 503


def test_a_throttled_attempt_says_when_to_come_back_and_the_plan_decides_the_next() -> None:
    plan = FaultPlan(seed=7)
    to = recipient_that_meets(Fault.THROTTLED, plan)
    intake = opened(plan)
    with serve(intake.receive) as url:
        status, _, headers = Sender(url).post(to)
        statuses = [Sender(url).post(to)[0] for _ in range(2)]
    assert (status, headers["retry-after"]) == (429, "1")
    assert 202 in statuses


def test_a_cut_after_acceptance_is_accepted_once_and_its_repeat_with_a_key_learns_of_it() -> None:
    plan = FaultPlan(seed=7)
    to = recipient_that_meets(Fault.CUT, plan)
    intake = opened(plan)
    with serve(intake.receive) as url:
        first, second = Sender(url).post(to), Sender(url).post(to)
    assert (first[0], second[0], second[1]) == (0, 202, {"id": "m-1"})
    assert intake.journal.accepted == 1


def test_dropping_one_loses_exactly_one_and_sending_twice_adds_exactly_one_under_another_id() -> None:
    accepted = {}
    for sabotage in (Sabotage.DROP_ONE, Sabotage.SEND_TWICE):
        intake = opened(CALM, sabotage)
        with serve(intake.receive) as url:
            statuses = [Sender(url).post(f"handle-{n}", f"msg-{n}")[0] for n in range(5)]
        assert statuses == [202] * 5
        accepted[sabotage] = (intake.journal.accepted, intake.journal.accepted_twice)
    assert accepted == {Sabotage.DROP_ONE: (4, 0), Sabotage.SEND_TWICE: (6, 0)}


def test_simultaneous_posts_of_one_key_make_one_message() -> None:
    intake = opened(CALM)
    with serve(intake.receive) as url, ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: Sender(url).post("ada")[0], range(64)))
    assert statuses == [202] * 64
    assert intake.journal.accepted == 1
