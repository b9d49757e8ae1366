"""What an operation and a worker need of the world: the table, the queues, the clock, new ids."""

import json
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from engine.memory import Memory
from engine.store import Store
from engine.webhooks import Webhooks

_SQS_ENTRIES: Final = 10
_ONE_ATTEMPT: Final = frozenset({"lambda", "sesv2", "pinpoint-sms-voice-v2"})


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


def iso(moment: datetime) -> str:
    """A moment as the API writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def epoch_ms(moment: datetime) -> int:
    """A moment as event records write it."""
    return int(moment.timestamp() * 1000)


class Queues:
    """The engine's work queues, by role name: `imports`, `campaigns`, `deliveries`, `urgent`, `stream`,
    and `dead_letters` for messages that a worker gives up, with the reason.

    Args:
        client: A boto3 SQS client.
        urls: Queue URL by role name; only those that the function may use.
    """

    def __init__(self, client: Any, urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, queue: str, messages: Iterable[Mapping[str, Any]], *, delay_seconds: int = 0) -> None:
        """Put messages on a queue, ten a call; raises if one is still refused after three attempts."""
        bodies = [json.dumps(message, separators=(",", ":")) for message in messages]
        for start in range(0, len(bodies), _SQS_ENTRIES):
            pending = dict(enumerate(bodies[start : start + _SQS_ENTRIES]))
            for _ in range(3):
                answer = self._client.send_message_batch(
                    QueueUrl=self._urls[queue],
                    Entries=[
                        {"Id": str(i), "MessageBody": body, "DelaySeconds": delay_seconds}
                        for i, body in pending.items()
                    ],
                )
                pending = {int(f["Id"]): pending[int(f["Id"])] for f in answer.get("Failed", ())}
                if not pending:
                    break
            if pending:
                raise RuntimeError(f"{len(pending)} messages were refused by the {queue} queue")


@dataclass(frozen=True)
class Context:
    """The world of one function.

    Attributes:
        store: The engine's table.
        queues: The work queues this function may write to.
        region: The AWS Region the engine runs in.
        account: The account id.
        client: Gives a boto3 client by service name, made on first use and kept.
        now: The clock, UTC.
        new_id: New resource ids: 32 hexadecimal digits.
        memory: What a warm function may keep for a while.
        webhooks: How custom channels that are webhooks are called.
    """

    store: Store
    queues: Queues
    region: str
    account: str
    client: Callable[[str], Any]
    now: Callable[[], datetime] = _now
    new_id: Callable[[], str] = _new_id
    memory: Memory = field(default_factory=Memory, compare=False)
    webhooks: Webhooks = field(default_factory=Webhooks, compare=False)

    def application_arn(self, application_id: str) -> str:
        return f"arn:aws:mobiletargeting:{self.region}:{self.account}:apps/{application_id}"

    def campaign_arn(self, application_id: str, campaign_id: str) -> str:
        return f"{self.application_arn(application_id)}/campaigns/{campaign_id}"


def from_environment(account: str) -> Context:
    """The context of a deployed function.

    Args:
        account: The account id, as the invoked function's ARN tells it.

    Raises:
        KeyError: `TABLE_NAME` or `AWS_REGION` is not set.
    """
    # Imported here: a test's context needs no boto3.
    import boto3
    from botocore.config import Config

    patient = Config(retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=20)
    # Customers' functions have 15 seconds, and who calls them counts the attempts. A message
    # whose answer is lost may be on its way: it is not sent again.
    strict = Config(
        read_timeout=15, connect_timeout=3, retries={"total_max_attempts": 1}, max_pool_connections=20
    )
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = boto3.client(service, config=strict if service in _ONE_ATTEMPT else patient)
        return clients[service]

    urls = {
        role: os.environ[name]
        for role in ("imports", "campaigns", "deliveries", "urgent", "stream", "dead_letters")
        if (name := f"{role.upper()}_QUEUE_URL") in os.environ
    }
    return Context(
        store=Store(client("dynamodb"), os.environ["TABLE_NAME"]),
        queues=Queues(client("sqs"), urls),
        region=os.environ["AWS_REGION"],
        account=account,
        client=client,
        webhooks=Webhooks(local=os.environ.get("LOCAL_WEBHOOKS") == "true"),
    )
