"""The message sender with a queue, a project, a bus and a bucket around it, and a clock of its own."""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from moto import mock_aws

from patterns.send_message.acceptance import Acceptances
from patterns.send_message.calls import Caller
from patterns.send_message.claims import Claims
from patterns.send_message.recipients_file import RecipientsFiles
from patterns.send_message.requests import MessageRequest
from patterns.send_message.results import Teller
from patterns.send_message.sending import Sending
from patterns.send_message.targets import Directory
from patterns.send_message.worker import Worker
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.queues import SourceQueue

BUCKET = "recipients-bucket"
PATIENCE = 6 * 3600.0
LEASE = 450.0


def refusal(status: int, code: str = "") -> ClientError:
    """What boto3 raises for an answer with an error."""
    answer: Any = {"Error": {"Code": code or str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendMessages")


def message_id(name: str) -> str:
    """The id of the one message to an address or endpoint."""
    return f"m-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@dataclass
class ProjectDouble:
    """The Pinpoint API: keeps to the model and to its limit, and answers as planned.

    Attributes:
        endpoints: Stored endpoints by id.
        plan: Delivery statuses by address or endpoint id, used up one by one; then all is successful.
        refused: An address that makes any call with it a bad request.
        errors: Raised in place of an answer, one a call; None lets a call through.
        calls: The requests, refused ones included.
        sent: How often something went out, or may have, by address.
    """

    model: Any
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    plan: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    refused: str = ""
    errors: list[Exception | None] = field(default_factory=list[Exception | None])
    look_up_errors: list[Exception] = field(default_factory=list[Exception])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    sent: Counter[str] = field(default_factory=Counter[str])

    def send_messages(self, *, ApplicationId: str, MessageRequest: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(MessageRequest)
        report = ParamValidator().validate(MessageRequest, self.model.shape_for("MessageRequest"))
        assert not report.has_errors(), report.generate_report()
        addresses, endpoints = MessageRequest.get("Addresses", {}), MessageRequest.get("Endpoints", {})
        assert 1 <= len(addresses) + len(endpoints) <= 100
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        if self.refused in addresses:
            raise refusal(400, "BadRequestException")
        answer = {
            "Result": {name: self._result(name, name) for name in addresses},
            "EndpointResult": {
                name: self._result(name, self.endpoints[name]["Address"]) for name in endpoints
            },
        }
        return {"MessageResponse": {"ApplicationId": ApplicationId, **answer}}

    def get_endpoint(self, *, ApplicationId: str, EndpointId: str) -> dict[str, Any]:  # noqa: N803
        self._look_up()
        if EndpointId not in self.endpoints:
            raise refusal(404, "NotFoundException")
        return {"EndpointResponse": {"Id": EndpointId, **self.endpoints[EndpointId]}}

    def get_user_endpoints(self, *, ApplicationId: str, UserId: str) -> dict[str, Any]:  # noqa: N803
        self._look_up()
        found = [
            {"Id": name, **endpoint}
            for name, endpoint in self.endpoints.items()
            if endpoint.get("User", {}).get("UserId") == UserId
        ]
        if not found:
            raise refusal(404, "NotFoundException")
        return {"EndpointsResponse": {"Item": found}}

    def _look_up(self) -> None:
        if self.look_up_errors:
            raise self.look_up_errors.pop(0)

    def _result(self, name: str, address: str) -> dict[str, Any]:
        status = self.plan[name].pop(0) if self.plan.get(name) else "SUCCESSFUL"
        if status in ("SUCCESSFUL", "UNKNOWN_FAILURE"):
            self.sent[address] += 1
        if status == "MISSING":
            status = ""
        return {
            "DeliveryStatus": status,
            "StatusCode": 200,
            "StatusMessage": f"said of {address}",
            "MessageId": message_id(name),
        }


@dataclass
class BusDouble:
    """EventBridge: takes ten entries a call, and refuses as planned.

    Attributes:
        refuse: How many entries are refused from now on.
        down: Whether no call is answered.
    """

    refuse: int = 0
    down: bool = False
    calls: int = 0
    details: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def put_events(self, *, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 1 <= len(Entries) <= 10
        self.calls += 1
        if self.down:
            raise ConnectionError
        answers: list[dict[str, str]] = []
        for entry in Entries:
            if self.refuse:
                self.refuse -= 1
                answers.append({"ErrorCode": "ThrottlingException"})
                continue
            self.entries.append(entry)
            self.details.append(json.loads(entry["Detail"]))
            answers.append({"EventId": str(len(self.details))})
        return {"FailedEntryCount": sum("ErrorCode" in it for it in answers), "Entries": answers}


@dataclass
class _Message:
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0


@dataclass
class QueueDouble:
    """A queue and its dead letters, by the clock of the room."""

    clock: Callable[[], float]
    waiting: dict[str, _Message] = field(default_factory=dict[str, _Message])
    dead: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    down: bool = False
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 1 <= len(Entries) <= 10
        if self.down:
            raise ConnectionError
        for entry in Entries:
            if QueueUrl == "dead":
                reason = entry["MessageAttributes"]["Reason"]["StringValue"]
                self.dead.append((entry["MessageBody"], reason))
            else:
                assert 0 <= entry.get("DelaySeconds", 0) <= 900
                self.put(entry["MessageBody"], entry.get("DelaySeconds", 0))
        return {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> None:  # noqa: N803
        for entry in Entries:
            message = self.waiting[entry["ReceiptHandle"]]
            message.visible_at = self.clock() + entry["VisibilityTimeout"]

    def put(self, body: str, delay: float = 0) -> str:
        name = f"id-{next(self._ids)}"
        self.waiting[name] = _Message(body, self.clock(), self.clock() + delay)
        return name

    def receive(self, most: int) -> list[dict[str, Any]]:
        found = [(n, it) for n, it in self.waiting.items() if it.visible_at <= self.clock()][:most]
        for _, message in found:
            message.receives += 1
            message.visible_at = self.clock() + 1800
        return [
            {
                "messageId": name,
                "receiptHandle": name,
                "body": message.body,
                "attributes": {
                    "SentTimestamp": str(int(message.sent_at * 1000)),
                    "ApproximateReceiveCount": str(message.receives),
                },
            }
            for name, message in found
        ]


@dataclass
class MessageRoom:
    """Everything together. `run` lets time pass until the queue is empty."""

    worker: Worker
    project: ProjectDouble
    bus: BusDouble
    queue: QueueDouble
    dynamodb: Any
    s3: Any
    now: list[float]
    counts: Counter[str] = field(default_factory=Counter[str])

    def ask(self, *requests: MessageRequest | dict[str, Any] | str) -> None:
        for request in requests:
            if isinstance(request, MessageRequest):
                self.queue.put(request.to_json())
            else:
                self.queue.put(request if isinstance(request, str) else json.dumps(request))

    def once(self, most: int = 1_000) -> int:
        """One batch of what is visible; how many messages it had."""
        records = self.queue.receive(most)
        if records:
            again, counts = self.worker.process(records)
            self.counts += counts
            for record in records:
                if record["messageId"] not in again:
                    del self.queue.waiting[record["messageId"]]
        return len(records)

    def run(self, rounds: int = 500, most: int = 1_000) -> None:
        for _ in range(rounds):
            if not self.queue.waiting:
                return
            soonest = min(message.visible_at for message in self.queue.waiting.values())
            self.now[0] = max(self.now[0], soonest)
            self.once(most)
        raise AssertionError(f"{len(self.queue.waiting)} messages never come to an end")

    def results(self) -> list[tuple[str, str]]:
        """Status and reason of each result, in the order of their positions."""
        ordered = sorted(self.bus.details, key=lambda detail: detail["recipient"]["position"])
        return [(detail["status"], detail["reason"]) for detail in ordered]

    def statuses(self) -> Counter[str]:
        return Counter(detail["status"] for detail in self.bus.details)


@contextmanager
def message_room(
    *, piece: int = 1_000_000, max_attempts: int = 3, most: int = 2_000, push: bool = False
) -> Iterator[MessageRoom]:
    """A room with every channel on."""
    now = [1_000_000.0]

    def clock() -> float:
        return now[0]

    with mock_aws(), ThreadPoolExecutor(1) as threads:
        dynamodb: Any = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        s3: Any = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        model = boto3.client("pinpoint", region_name="us-east-1").meta.service_model
        project, bus, queue = ProjectDouble(model), BusDouble(), QueueDouble(clock)
        sending = Sending(
            directory=lambda: Directory(project, "app", threads),
            claims=Claims(
                Ledger(dynamodb, "ledger", lease=LEASE, clock=clock), max_attempts=max_attempts, clock=clock
            ),
            caller=Caller(project, "app"),
            teller=Teller(bus, "bus", threads, sleep=lambda _: None),
            threads=threads,
            callers=threads,
            patience=PATIENCE,
            budget=180,
            most=most,
            clock=clock,
        )
        worker = Worker(
            channels=["EMAIL", "SMS", "VOICE", *(["PUSH"] if push else [])],
            model=model,
            acceptances=Acceptances(dynamodb, "ledger", keep=1_000, clock=clock),
            files=RecipientsFiles(s3, BUCKET, piece=piece),
            sending=sending,
            queue=SourceQueue(queue, url="queue", dead_letters_url="dead"),
            sqs=queue,
            queue_url="queue",
            threads=threads,
        )
        yield MessageRoom(worker, project, bus, queue, dynamodb, s3, now)
