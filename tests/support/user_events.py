"""The queue of events, its dead letters and ledger, a project with a will of its own, what works between."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns.user_events.ingest import Counted, Ingest
from patterns.user_events.putting import Putting
from patterns.user_events.users import Users
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.pace import Pace
from pinpoint_runtime.queues import SourceQueue

APPLICATION = "a" * 32
LEASE = 180.0
PATIENCE = 3600.0
NOW = 1_764_064_800.0


def throttled() -> ClientError:
    error = {"Error": {"Code": "TooManyRequestsException"}, "ResponseMetadata": {"HTTPStatusCode": 429}}
    # The modelled exceptions of boto3 are called as their code is.
    return type("TooManyRequestsException", (ClientError,), {})(error, "PutEvents")  # type: ignore[no-any-return]


def refused_whole() -> ClientError:
    answer: Any = {"Error": {"Code": "BadRequestException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, "PutEvents")


@dataclass
class Project:
    """A project that takes every event, unless a plan says otherwise.

    Attributes:
        statuses: What an event is answered with, each time, until its list is empty.
        broken: What calls raise, one after the other; None for a call that works.
        users: The endpoints of users.
        calls: What was asked.
        taken: Each event that was taken, as often as it was.
    """

    statuses: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    broken: list[Exception | None] = field(default_factory=list[Exception | None])
    users: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    taken: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    during: Callable[[], None] = lambda: None

    def put_events(self, **request: Any) -> dict[str, Any]:
        assert request["ApplicationId"] == APPLICATION
        batch = request["EventsRequest"]["BatchItem"]
        assert sum(len(item["Events"]) for item in batch.values()) <= 100
        self.calls.append(batch)
        if self.broken and (error := self.broken.pop(0)):
            raise error
        results = {endpoint_id: self._answer(endpoint_id, item) for endpoint_id, item in batch.items()}
        self.during()
        return {"EventsResponse": {"Results": results}}

    def _answer(self, endpoint_id: str, item: dict[str, Any]) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for event_id in item["Events"]:
            plan = self.statuses.get(event_id)
            status = plan.pop(0) if plan else 202
            answers[event_id] = {"StatusCode": status, "Message": ""}
            if status == 202:
                self.taken.append((endpoint_id, event_id))
        return {"EndpointItemResponse": {"StatusCode": 202}, "EventsItemResponse": answers}

    def get_user_endpoints(self, **request: Any) -> dict[str, Any]:
        user_id = request["UserId"]
        if user_id == "unreachable":
            raise ClientError({"Error": {"Code": "InternalServerErrorException"}}, "GetUserEndpoints")
        if user_id not in self.users:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetUserEndpoints")
        return {"EndpointsResponse": {"Item": self.users[user_id]}}


@dataclass
class Desk:
    """What happens between the queue and the project. Time stands still unless it is moved."""

    project: Project
    urls: dict[str, str]
    now: float = NOW
    most_attempts: int = 3
    portion: int = 2_000
    waits: list[float] = field(default_factory=list[float])

    def ingest(self) -> Ingest:
        dynamodb = boto3.client("dynamodb")
        ledger = Ledger(dynamodb, "ledger", lease=LEASE, clock=lambda: self.now)
        threads = ThreadPoolExecutor(max_workers=1)
        return Ingest(
            putting=Putting(
                pinpoint=self.project,
                application_id=APPLICATION,
                ledger=ledger,
                pace=Pace(
                    dynamodb,
                    "ledger",
                    "PutEvents",
                    per_second=15,
                    clock=lambda: self.now,
                    sleep=self.waits.append,
                ),
                threads=threads,
                most_attempts=self.most_attempts,
                portion=self.portion,
                clock=lambda: self.now,
            ),
            users=Users(self.project, APPLICATION, threads),
            ledger=ledger,
            queue=SourceQueue(
                boto3.client("sqs"), url=self.urls["events"], dead_letters_url=self.urls["dead"]
            ),
            naive_is_utc=False,
            patience=PATIENCE,
            budget=60.0,
            clock=lambda: self.now,
        )

    def record(self, content: object, message_id: str = "m-1", sent_at: float = NOW) -> dict[str, Any]:
        """A message as Lambda hands it over."""
        return {
            "messageId": message_id,
            "receiptHandle": f"receipt-{message_id}",
            "body": content if isinstance(content, str) else json.dumps(content),
            "attributes": {"SentTimestamp": str(round(sent_at * 1000))},
        }

    def work(self, *records: dict[str, Any]) -> tuple[list[str], Counted]:
        return self.ingest().process(records)

    def letters(self) -> list[tuple[str, Any]]:
        """The dead letters, each once: its reason, and what stands in it."""
        sqs = boto3.client("sqs")
        found: list[tuple[str, Any]] = []
        while messages := sqs.receive_message(
            QueueUrl=self.urls["dead"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=self.urls["dead"], ReceiptHandle=message["ReceiptHandle"])
                reason = message["MessageAttributes"]["Reason"]["StringValue"]
                found.append((reason.partition(":")[0], message["Body"]))
        return found


@contextmanager
def desk() -> Iterator[Desk]:
    """Queues and a ledger of moto's, and a project that takes everything."""
    with mock_aws():
        sqs = boto3.client("sqs", region_name="us-east-1")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("events", "dead")}
        boto3.client("dynamodb").create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Desk(Project(), urls)
