"""A worker of two-way SMS with all around it: tables and queues of moto, a project, an opt-out list."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns.two_way_sms.answering import Answering, Handling, Rules, Texts
from patterns.two_way_sms.batch import Worker
from patterns.two_way_sms.consent import Consents, OptOutList
from patterns.two_way_sms.conversations import Conversations
from patterns.two_way_sms.endpoints import DerivedEndpoint
from patterns.two_way_sms.inbound import Inbound, conversation_id
from patterns.two_way_sms.responder import Conversation, Reply
from patterns.two_way_sms.sending import ReplySender
from patterns.two_way_sms.words import Vocabulary
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.queues import SourceQueue
from tests.support.payloads import payload

HANDSET = "+14255550182"
NUMBER = "+12065550100"
NOW = 1_800_000_000.0
LEASE = 150.0
PATIENCE = 3600.0
TEXTS = Texts(help="help!", opted_out="you are out", opted_in="you are in")
Answer = str | Reply | Exception | None


def client_error(code: str, status: int = 400, **members: Any) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **members}
    return ClientError(response, "Operation")


def notification(
    body: str = "Hours?",
    *,
    message_id: str = "in-1",
    at: float = NOW,
    keyword: str = "KEYWORD_123456789012",
    sender: str = HANDSET,
    number: str = NUMBER,
) -> dict[str, Any]:
    """What SNS puts into the queue."""
    envelope = payload("sms_voice/inbound")
    message = {
        **json.loads(envelope["Message"]),
        "originationNumber": sender,
        "destinationNumber": number,
        "messageKeyword": keyword,
        "messageBody": body,
        "inboundMessageId": message_id,
    }
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**envelope, "Message": json.dumps(message), "Timestamp": moment}


@dataclass
class Bot:
    """A responder that answers as planned, then repeats what it heard and counts."""

    plan: list[Answer] = field(default_factory=list[Answer])
    heard: list[tuple[str, dict[str, Any], bool]] = field(
        default_factory=list[tuple[str, dict[str, Any], bool]]
    )
    during: Callable[[], object] = lambda: None

    def reply(self, inbound: Inbound, conversation: Conversation) -> Any:
        self.heard.append((inbound.body, dict(conversation.state), conversation.late))
        self.during()
        if self.plan:
            planned = self.plan.pop(0)
            if isinstance(planned, Exception):
                raise planned
            return Reply(planned) if isinstance(planned, str) else planned
        return Reply(f"re: {inbound.body}", {"turns": conversation.state.get("turns", 0) + 1})


@dataclass
class Project:
    """A Pinpoint client: what it was asked, in order, and what it answers."""

    asked: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    sends: list[Any] = field(default_factory=list[Any])
    """Planned for sends: a delivery status, an exception, or nothing for a success."""
    event_code: int = 202
    endpoint_error: Exception | None = None
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def send_messages(self, **request: Any) -> dict[str, Any]:
        message = request["MessageRequest"]
        ((address, configuration),) = message["Addresses"].items()
        assert configuration["ChannelType"] == "SMS"
        planned = self.sends.pop(0) if self.sends else "SUCCESSFUL"
        if isinstance(planned, BaseException):
            raise planned
        sms = message["MessageConfiguration"]["SMSMessage"]
        if planned == "SUCCESSFUL":
            self.asked.append(("send", (sms["OriginationNumber"], address, sms["Body"])))
        result = {"DeliveryStatus": planned, "StatusCode": 200} if planned else None
        return {"MessageResponse": {"ApplicationId": "app", "Result": {address: result} if result else {}}}

    def update_endpoint(self, **request: Any) -> dict[str, Any]:
        if self.endpoint_error:
            raise self.endpoint_error
        self.endpoints[request["EndpointId"]] = request["EndpointRequest"]
        self.asked.append(("endpoint", request["EndpointRequest"]["OptOut"]))
        return {}

    def put_events(self, **request: Any) -> dict[str, Any]:
        results = {}
        for endpoint_id, item in request["EventsRequest"]["BatchItem"].items():
            for event in item["Events"].values():
                self.asked.append(("event", event["EventType"]))
            results[endpoint_id] = {
                "EventsItemResponse": {
                    event_id: {"StatusCode": self.event_code} for event_id in item["Events"]
                }
            }
        return {"EventsResponse": {"Results": results}}


@dataclass
class Phones:
    """End User Messaging, as far as its opt-out list goes."""

    project: Project
    numbers: set[str] = field(default_factory=set[str])
    refusal: Exception | None = None

    def put_opted_out_number(self, **request: Any) -> None:
        self.project.asked.append(("list", "put"))
        self.numbers.add(request["OptedOutNumber"])

    def delete_opted_out_number(self, **request: Any) -> None:
        if self.refusal:
            raise self.refusal
        if request["OptedOutNumber"] not in self.numbers:
            raise client_error("ResourceNotFoundException")
        self.project.asked.append(("list", "delete"))
        self.numbers.remove(request["OptedOutNumber"])


@dataclass
class Room:
    """The worker, and what its tests look at."""

    worker: Worker
    dynamodb: Any
    bot: Bot
    project: Project
    phones: Phones
    dead: Callable[[], list[tuple[Any, str]]]
    now: list[float]
    waits: list[int]
    counts: Counter[str] = field(default_factory=Counter[str])

    def process(self, *bodies: Mapping[str, Any] | str, receives: int = 1, waited: float = 0.0) -> list[str]:
        """A batch; gives the ids of those that come again."""
        records = [
            {
                "messageId": f"record-{number}" if isinstance(body, str) else record_id(body),
                "receiptHandle": f"handle-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {
                    "SentTimestamp": str(int((self.now[0] - waited) * 1000)),
                    "ApproximateReceiveCount": str(receives),
                },
            }
            for number, body in enumerate(bodies)
        ]
        again, counts = self.worker.process(records)
        assert sum(counts.values()) == len({record["messageId"] for record in records})
        self.counts += counts
        return again

    def later(self, seconds: float = LEASE + 400) -> None:
        self.now[0] += seconds

    @property
    def sent(self) -> list[str]:
        """The bodies that the project took, in order."""
        return [what[2] for kind, what in self.project.asked if kind == "send"]

    def items(self, sender: str = HANDSET) -> dict[str, Any]:
        """What the table holds of a conversation, by sort key."""
        answer = self.dynamodb.query(
            TableName="conversations",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": conversation_id(sender, NUMBER)}},
        )
        return {item["sk"]["S"]: item for item in answer["Items"]}


def record_id(body: Mapping[str, Any]) -> str:
    """Each notification is one message of the queue, however often it is received."""
    return f"record-{json.loads(body['Message'])['inboundMessageId']}-{body['MessageId'][-4:]}"


@contextmanager
def room(
    opt_outs: Handling = "self", *, opt_out_list: bool = True, max_attempts: int = 3, threads: int = 4
) -> Iterator[Room]:
    """A worker in a room of its own, at so many conversations at once."""
    now = [NOW]

    def clock() -> float:
        return now[0]

    with mock_aws(), ThreadPoolExecutor(threads) as pool:
        dynamodb: Any = boto3.client("dynamodb", region_name="us-east-1")
        _table(dynamodb, "ledger", "pk")
        _table(dynamodb, "conversations", "pk", "sk")
        sqs: Any = boto3.client("sqs", region_name="us-east-1")
        dead_url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        waits: list[int] = []

        def hide(**request: Any) -> None:
            waits.extend(entry["VisibilityTimeout"] for entry in request["Entries"])

        def dead() -> list[tuple[Any, str]]:
            found: list[tuple[Any, str]] = []
            while True:
                messages = sqs.receive_message(
                    QueueUrl=dead_url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
                ).get("Messages", [])
                if not messages:
                    return found
                for one in messages:
                    found.append((one["Body"], one["MessageAttributes"]["Reason"]["StringValue"]))
                    sqs.delete_message(QueueUrl=dead_url, ReceiptHandle=one["ReceiptHandle"])

        sqs.change_message_visibility_batch = hide
        bot, project = Bot(), Project()
        phones = Phones(project)
        conversations = Conversations(dynamodb, "conversations", lease=LEASE, keep=86400.0, clock=clock)
        answering = Answering(
            responder=bot,
            rules=Rules(opt_outs, Vocabulary(), TEXTS, 5.0, 3, max_attempts, PATIENCE),
            conversations=conversations,
            consents=Consents(
                conversations,
                project,
                "app",
                DerivedEndpoint(),
                OptOutList(phones, "Default") if opt_out_list else None,
                clock,
            ),
            ledger=Ledger(dynamodb, "ledger", lease=LEASE, clock=clock),
            sender=ReplySender(project, "app", "TRANSACTIONAL"),
            clock=clock,
        )
        queue = SourceQueue(sqs, url="queue", dead_letters_url=dead_url)
        worker = Worker(answering, queue, pool, seconds=40.0, clock=clock)
        yield Room(worker, dynamodb, bot, project, phones, dead, now, waits)


def _table(dynamodb: Any, name: str, *keys: str) -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
    )
