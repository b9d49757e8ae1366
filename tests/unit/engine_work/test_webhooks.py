"""Custom channels that are webhooks: which may be one, how it is confirmed, and how a batch gets there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from engine.webhooks import BadWebhook, WebhookFailed, Webhooks
from tests.support.engine_works import CUSTOM, Works, inboxes
from tests.support.engine_world import ACCOUNT
from tests.support.webhook_server import WebhookServer, free_port, webhook_server


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with webhook_server(ACCOUNT) as server:
        yield server
        assert server.broken == []


def to(url: str) -> dict[str, Any]:
    return CUSTOM | {"CustomDeliveryConfiguration": {"DeliveryUri": url, "EndpointTypes": ["CUSTOM"]}}


def local(**options: Any) -> Webhooks:
    return Webhooks(local=True, sleep=lambda _: None, **options)


def resolving(*addresses: str, **options: Any) -> Webhooks:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Webhooks(resolve=resolve, **options)


def test_a_webhook_that_knows_the_account_gets_batches_of_fifty(works: Works, server: WebhookServer) -> None:
    activity = works.send_campaign(inboxes(works, 60), **to(server.url))
    assert server.heads == 1
    assert sorted(len(batch["Endpoints"]) for batch in server.batches) == [10, 50]
    assert len({name for batch in server.batches for name in batch["Endpoints"]}) == 60
    assert {batch["Data"] for batch in server.batches} == {"hello"}
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "60"}


def test_the_body_is_what_a_function_would_be_given(works: Works, server: WebhookServer) -> None:
    segment = inboxes(works, 2)
    works.send_campaign(segment)
    works.send_campaign(segment, **to(server.url))
    ((_, given),) = [call for call in works.functions.calls if call[0] == "channel"]
    (posted,) = server.batches
    own = ("ActivityId", "CampaignId", "ScheduledTime")
    assert {**posted, **{name: given[name] for name in own}} == given


@pytest.mark.parametrize("first", [[500], [404, 429], [302, 503], [500, -1]])
def test_three_attempts_carry_the_same_batch(works: Works, server: WebhookServer, first: list[int]) -> None:
    server.statuses = list(first)
    hasty = replace(works, context=replace(works.context, webhooks=local(seconds=1.0)))
    hasty.send_campaign(inboxes(works, 3), **to(server.url))
    assert len(server.bodies) == len(first) + 1
    assert len(set(server.bodies)) == 1
    assert set(works.statuses().values()) == {"SUCCESS"}


@pytest.mark.parametrize("answers", [[500] * 3, [307] * 3, [0] * 3, [-1] * 3])
def test_a_webhook_that_fails_three_times_is_a_custom_delivery_failure(
    works: Works, server: WebhookServer, answers: list[int]
) -> None:
    server.statuses = list(answers)
    hasty = replace(works, context=replace(works.context, webhooks=local(seconds=0.3)))
    activity = hasty.send_campaign(inboxes(works, 2), **to(server.url))
    assert len(server.bodies) == 3
    assert set(works.statuses().values()) == {"CUSTOM_DELIVERY_FAILURE"}
    assert activity["ExecutionMetrics"] == {"Status.CUSTOM_DELIVERY_FAILURE": "2"}


@pytest.mark.parametrize(
    ("account", "head_status", "says"),
    [
        (None, 200, f"X-Amz-Pinpoint-AccountId: {ACCOUNT}"),
        ("999999999999", 200, f"X-Amz-Pinpoint-AccountId: {ACCOUNT}"),
        (ACCOUNT, 302, "got 302"),
        (ACCOUNT, 500, "got 500"),
    ],
)
def test_a_webhook_that_does_not_answer_with_the_account_is_refused_at_creation(
    works: Works, account: str | None, head_status: int, says: str
) -> None:
    with webhook_server(account, head_status=head_status) as server:
        with pytest.raises(ClientError, match=f"DeliveryUri must answer a HEAD request.*{says}") as refused:
            works.start_campaign(inboxes(works, 1), **to(server.url))
        assert server.heads == 1
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert works.pinpoint.get_campaigns(ApplicationId=works.app)["CampaignsResponse"]["Item"] == []


def test_a_webhook_that_nobody_answers_is_refused_at_creation(works: Works) -> None:
    with pytest.raises(ClientError, match="must answer a HEAD request: it did not answer"):
        works.start_campaign(inboxes(works, 1), **to(f"http://127.0.0.1:{free_port()}/"))


def test_nothing_is_asked_on_behalf_of_a_request_that_is_refused_anyway(
    works: Works, server: WebhookServer
) -> None:
    with pytest.raises(ClientError, match="no segment has the id"):
        works.start_campaign("f" * 32, **to(server.url))
    assert server.heads == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://vendor.example.com/x",
        "ftp://vendor.example.com/x",
        "https://",
        "https:///x",
        "https://user:secret@vendor.example.com/",
        "https://vendor.example.com/?a=1&b=2",
        "https://vendor.example.com/%2e%2e",
        "https://vendor.example.com/a b",
        "https://vendor.example.com/\r\nHost:-x",
        "https://[::1]/",
        "https://vendor.example.com:0/",
        "https://vendor.example.com:99999/",
        "https://vendor..example.com/",
        f"https://{'a' * 64}.example.com/",
        "https://-vendor.example.com/",
        "http://localhost/x",
        "http://127.0.0.1.example.com/x",
        "http://2130706433/x",
    ],
)
def test_an_address_outside_of_the_rules_is_refused_without_asking_anybody(works: Works, url: str) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"asked for {host}:{port}")

    with pytest.raises(BadWebhook, match="must be an https address"):
        Webhooks(local=True, resolve=resolve).confirm(url, ACCOUNT)
    with pytest.raises(ClientError, match="DeliveryUri must be"):
        works.start_campaign(inboxes(works, 1), **to(url))


def test_this_machine_is_no_webhook_unless_the_engine_is_told_so(server: WebhookServer) -> None:
    with pytest.raises(BadWebhook, match="must be an https address"):
        Webhooks().confirm(server.url, ACCOUNT)
    with pytest.raises(BadWebhook, match="must be an https address"):
        Webhooks().deliver(server.url, b"{}")
    assert (server.heads, server.bodies) == (0, [])
    Webhooks(local=True).confirm(server.url, ACCOUNT)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["169.254.170.2"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["192.0.2.1", "10.0.0.1"],
        ["::1"],
        [],
    ],
)
def test_a_name_that_stands_for_an_address_that_is_not_public_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    def connect(*_: Any, **__: Any) -> Any:
        raise AssertionError("connected")

    monkeypatch.setattr("engine.webhooks.socket.create_connection", connect)
    hooks = resolving(*addresses, sleep=lambda _: None)
    with pytest.raises(BadWebhook, match=r"not a public address|no IPv4 address"):
        hooks.confirm("https://vendor.example.com/x", ACCOUNT)
    with pytest.raises(WebhookFailed, match=r"not a public address|no IPv4 address"):
        hooks.deliver("https://vendor.example.com/x", b"{}")


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], **_: Any) -> Any:
        connected.append(address)
        raise OSError

    monkeypatch.setattr("engine.webhooks.socket.create_connection", connect)
    with pytest.raises(BadWebhook, match="did not answer"):
        resolving("93.184.216.34").confirm("https://vendor.example.com:8443/x", ACCOUNT)
    assert connected == [("93.184.216.34", 8443)]


def test_a_name_that_cannot_be_resolved_is_a_failure_and_no_crash() -> None:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such host")

    with pytest.raises(WebhookFailed, match="did not answer"):
        Webhooks(resolve=resolve, sleep=lambda _: None).deliver("https://vendor.example.com/", b"{}")
