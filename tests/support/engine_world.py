"""The engine's surroundings in one process: moto's table and queues, a clock that moves as told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.session import Session
from moto import mock_aws

from engine.context import Context, Queues
from engine.store import Store
from engine.webhooks import Webhooks
from tests.support.phone_service import SERVICE, PhoneService

REGION = "us-east-1"
ACCOUNT = "123456789012"
TABLE = "engine"
# One for all tests: a session reads each service's model once. moto answers its clients while mocked.
SESSION = Session("testing", "testing", region_name=REGION)
QUEUES = ("imports", "campaigns", "deliveries", "urgent", "stream")


class Clock:
    """Starts at a fixed moment; every look moves it by one millisecond."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def advance(self, **duration: float) -> None:
        self._now += timedelta(**duration)


@dataclass(frozen=True)
class World:
    """What a test of the engine holds on to."""

    context: Context
    clock: Clock
    dynamodb: Any
    sqs: Any
    urls: dict[str, str]
    phones: PhoneService

    def messages(self, queue: str) -> list[str]:
        """The bodies on a queue, taken off it."""
        bodies: list[str] = []
        while got := self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in got:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"])
        return bodies

    @contextmanager
    def counted_calls(self) -> Iterator[Callable[[], int]]:
        """How many calls the table sees."""
        calls: list[str] = []

        def count(event_name: str, **_: Any) -> None:
            calls.append(event_name)

        self.dynamodb.meta.events.register("before-call.dynamodb", count)
        yield lambda: len(calls)
        self.dynamodb.meta.events.unregister("before-call.dynamodb", count)


@contextmanager
def engine_world() -> Iterator[World]:
    """A new world; nothing of it leaves the process."""
    with mock_aws():
        dynamodb = SESSION.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        sqs = SESSION.client("sqs")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        phones = PhoneService()
        clients: dict[str, Any] = {"dynamodb": dynamodb, "sqs": sqs, SERVICE: phones}

        def client(service: str) -> Any:
            if service not in clients:
                clients[service] = SESSION.client(service)
            return clients[service]

        clock = Clock()
        context = Context(
            store=Store(dynamodb, TABLE),
            queues=Queues(sqs, urls),
            region=REGION,
            account=ACCOUNT,
            client=client,
            now=clock,
            webhooks=Webhooks(local=True, sleep=lambda _: None),
        )
        yield World(context, clock, dynamodb, sqs, urls, phones)
