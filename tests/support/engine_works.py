"""The whole engine in one process: operations, workers, and queues that misbehave on request."""

import io
import json
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from engine.campaigns.work import work as campaigns_work
from engine.context import Context
from engine.deliveries.work import work as deliveries_work
from engine.imports.work import work as imports_work
from engine.memory import Memory
from engine.operations.documents import activity_key, public
from engine.roles import assumed_client
from engine.stream.work import work as stream_work
from engine.worker import consume
from tests.support.engine_client import pinpoint_client
from tests.support.engine_world import REGION, World, engine_world
from tests.support.memory_store import MemoryStore
from tests.support.phone_service import PhoneService

BUCKET = "customer-imports"
STREAM = "customer-stream"
ROLE = "arn:aws:iam::123456789012:role/customer"
WORKERS = {
    "imports": imports_work,
    "campaigns": campaigns_work,
    "deliveries": deliveries_work,
    "urgent": deliveries_work,
    "stream": stream_work,
}


class Pump:
    """Queues that hand their messages to the workers, as often and in such an order as is asked for.

    Args:
        clock: Moved on to the time of the next message that was held back, when no other waits.
    """

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.waiting: deque[tuple[str, dict[str, Any], int]] = deque()
        self.later: list[tuple[datetime, str, dict[str, Any]]] = []
        self._dead_of: list[str] = []
        self._queue = ""
        self.dead: list[dict[str, Any]] = []
        self.delays: list[int] = []
        self.handled: list[tuple[str, dict[str, Any]]] = []

    def send(self, queue: str, messages: Iterable[Mapping[str, Any]], *, delay_seconds: int = 0) -> None:
        for message in messages:
            body = json.loads(json.dumps(message))
            if queue == "dead_letters":
                self._bury(self._queue, body)
            elif delay_seconds:
                self.delays.append(delay_seconds)
                due = self._clock() + timedelta(seconds=delay_seconds)
                self.later.append((due, queue, body))
            else:
                self.waiting.append((queue, body, 1))

    def wait(self, seconds: float) -> None:
        """Let time go by; what was held back until then waits now."""
        self._clock.advance(seconds=seconds)
        now = self._clock()
        due = sorted((m for m in self.later if m[0] <= now), key=lambda message: message[0])
        self.later = [message for message in self.later if message[0] > now]
        self.waiting.extend((queue, body, 1) for _, queue, body in due)

    def redrive(self) -> None:
        """Put the dead letters back on the queues they came from, as a person would."""
        self.waiting.extend((queue, body, 1) for queue, body in zip(self._dead_of, self.dead, strict=True))
        self.dead.clear()
        self._dead_of.clear()

    def _bury(self, queue: str, body: dict[str, Any]) -> None:
        self.dead.append(body)
        self._dead_of.append(queue)

    def run(
        self,
        context: Context,
        *,
        copies: int = 1,
        shuffle: random.Random | None = None,
        patient: bool = False,
    ) -> None:
        """Work until nothing waits.

        Args:
            context: The workers' world.
            copies: How often each message is given out.
            shuffle: Gives messages out in any order.
            patient: Whether a message may fail for ever, where a queue would put it to the dead letters.
        """
        steps = 0
        while self.waiting or self.later:
            if not self.waiting:
                earliest = min(due for due, _, _ in self.later)
                self.wait((earliest - self._clock()).total_seconds())
                continue
            steps += 1
            assert steps < 20_000, "the workers go round in circles"
            if shuffle is not None:
                self.waiting.rotate(shuffle.randrange(len(self.waiting)))
            queue, body, attempt = self.waiting.popleft()
            self.handled.append((queue, body))
            self._queue = queue
            for _ in range(copies):
                failed = consume(sqs_event(body, attempt), context, WORKERS[queue])["batchItemFailures"]
            if failed and (attempt < 5 or patient):
                self.waiting.append((queue, body, attempt + 1))
            elif failed:
                self._bury(queue, body)


def sqs_event(body: Mapping[str, Any], attempt: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": "message-1",
                "body": json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(attempt)},
            }
        ]
    }


class Functions:
    """Customers' Lambda functions, as the `lambda` client reaches them."""

    def __init__(self) -> None:
        self.named: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        event = json.loads(Payload)
        self.calls.append((FunctionName, event))
        if FunctionName not in self.named:
            raise client_error("ResourceNotFoundException", 404)
        try:
            answer = self.named[FunctionName](event)
        except ClientError:
            raise
        except Exception as error:  # noqa: BLE001
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(repr(error).encode())}
        returned = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return {"Payload": io.BytesIO(returned)}

    def seen_by(self, name: str) -> list[str]:
        """The ids of all endpoints that a function was called with, in order, repeats included."""
        return [i for called, event in self.calls if called == name for i in event["Endpoints"]]


@dataclass
class Mail:
    """The mail service, as the `sesv2` client reaches it."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)
    verified: list[str] = field(default_factory=list)

    def send_email(self, **request: Any) -> dict[str, Any]:
        address = request["Destination"]["ToAddresses"][0]
        if address in self.errors:
            raise self.errors[address]
        self.sent.append(request)
        return {"MessageId": f"message-{len(self.sent)}"}

    def list_email_identities(self, **_: Any) -> dict[str, Any]:
        return {
            "EmailIdentities": [
                {"IdentityName": name, "VerificationStatus": "SUCCESS"} for name in self.verified
            ]
        }

    @property
    def addresses(self) -> list[str]:
        return [request["Destination"]["ToAddresses"][0] for request in self.sent]


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "Operation",
    )


@dataclass(frozen=True)
class Works:
    """Everything a test of the engine's workers holds on to."""

    world: World
    context: Context
    pump: Pump
    functions: Functions
    mail: Mail
    pinpoint: Any
    app: str

    @property
    def phones(self) -> PhoneService:
        return self.world.phones

    def put(self, key: str, content: str | bytes) -> str:
        """Put a file into the customer's bucket; gives its URL."""
        body = content.encode() if isinstance(content, str) else content
        boto3.client("s3", region_name=REGION).put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def start_import(self, url: str, **definition: Any) -> dict[str, Any]:
        request = {"Format": "CSV", "S3Url": url, "RoleArn": ROLE, "RegisterEndpoints": True}
        request |= {"DefineSegment": True, **definition}
        job: dict[str, Any] = self.pinpoint.create_import_job(
            ApplicationId=self.app, ImportJobRequest=request
        )["ImportJobResponse"]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.pinpoint.get_import_job(ApplicationId=self.app, JobId=job_id)[
            "ImportJobResponse"
        ]
        return job

    def import_file(self, content: str | bytes, **definition: Any) -> dict[str, Any]:
        """Import a file to its end; gives the job as it ended."""
        job = self.start_import(self.put("file.csv", content), **definition)
        self.run()
        return self.job(job["Id"])

    def run(self, **options: Any) -> None:
        self.pump.run(self.context, **options)

    def pump_context(self, **clients: Any) -> Context:
        """The workers' world with some clients replaced."""
        return replace(
            self.context,
            client=lambda service: clients.get(service) or self.context.client(service),
            memory=Memory(),
        )

    def assumed(self, service: str, context: Context) -> Any:
        return assumed_client(context, service, ROLE, context.application_arn(self.app))

    def run_one(self, *, attempt: int = 1) -> None:
        """Give out the first message that waits, as the queue would at its n-th attempt."""
        queue, body, _ = self.pump.waiting.popleft()
        consume(sqs_event(body, attempt), self.context, WORKERS[queue])

    def start_campaign(self, segment_id: str, **write: Any) -> dict[str, Any]:
        request: dict[str, Any] = {
            "Name": "campaign",
            "SegmentId": segment_id,
            "Schedule": {"StartTime": "IMMEDIATE"},
            **({} if "MessageConfiguration" in write else CUSTOM),
            **write,
        }
        campaign: dict[str, Any] = self.pinpoint.create_campaign(
            ApplicationId=self.app, WriteCampaignRequest=request
        )["CampaignResponse"]
        return campaign

    def send_campaign(self, segment_id: str, **write: Any) -> dict[str, Any]:
        """Run a campaign to its end; gives its activity as it ended."""
        campaign = self.start_campaign(segment_id, **write)
        self.run()
        return self.activity(campaign["Id"])

    def activity(self, campaign_id: str) -> dict[str, Any]:
        (activity,) = self.pinpoint.get_campaign_activities(ApplicationId=self.app, CampaignId=campaign_id)[
            "ActivitiesResponse"
        ]["Item"]
        item = self.context.store.get(activity_key(self.app, campaign_id, activity["Id"]))
        assert item is not None
        return public(item)

    def stream(self) -> list[dict[str, Any]]:
        """All records on the customer's stream."""
        kinesis = boto3.client("kinesis", region_name=REGION)
        (shard,) = kinesis.list_shards(StreamName=STREAM)["Shards"]
        iterator = kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[dict[str, Any]] = []
        while True:
            answer = kinesis.get_records(ShardIterator=iterator, Limit=10_000)
            records += [json.loads(record["Data"]) for record in answer["Records"]]
            if not answer["Records"]:
                return records
            iterator = answer["NextShardIterator"]

    def statuses(self) -> dict[str, str]:
        """The `campaign_send_status` of each endpoint on the stream."""
        return {
            record["client"]["client_id"]: record["attributes"]["campaign_send_status"]
            for record in self.stream()
            if record["event_type"] == "_campaign.send"
        }


CUSTOM: dict[str, Any] = {
    "MessageConfiguration": {"CustomMessage": {"Data": "hello"}},
    "CustomDeliveryConfiguration": {"DeliveryUri": "channel", "EndpointTypes": ["CUSTOM"]},
}
EMAIL: dict[str, Any] = {
    "MessageConfiguration": {
        "EmailMessage": {
            "Title": "Hello {{User.UserAttributes.Name}}",
            "Body": "Hello {{User.UserAttributes.Name}}",
            "HtmlBody": "<p>Hello {{User.UserAttributes.Name}}</p>",
            "FromAddress": "sender@example.com",
        }
    },
}


def held_in_balance(activity: Mapping[str, Any]) -> bool:
    """Whether everybody who was targeted ended in exactly one way."""
    metrics: Mapping[str, str] = activity.get("ExecutionMetrics", {})
    ended = sum(int(n) for name, n in metrics.items() if name.startswith(("Status.", "NotSent.")))
    return bool(activity.get("TotalEndpointCount", 0) == ended)


@contextmanager
def engine_works() -> Iterator[Works]:
    """A world with a customer's bucket and stream, an application, and a channel that takes everything."""
    with engine_world() as world:
        boto3.client("s3", region_name=REGION).create_bucket(Bucket=BUCKET)
        boto3.client("kinesis", region_name=REGION).create_stream(StreamName=STREAM, ShardCount=1)
        pump, functions, mail = Pump(world.clock), Functions(), Mail()
        functions.named["channel"] = lambda _: {}
        fakes: dict[str, Any] = {"lambda": functions, "sesv2": mail}
        context = replace(
            world.context,
            store=MemoryStore(),
            queues=pump,  # type: ignore[arg-type]
            client=lambda service: fakes.get(service) or world.context.client(service),
        )
        pinpoint = pinpoint_client(context)
        app: str = pinpoint.create_app(CreateApplicationRequest={"Name": "app"})["ApplicationResponse"]["Id"]
        pinpoint.put_event_stream(
            ApplicationId=app,
            WriteEventStream={
                "DestinationStreamArn": f"arn:aws:kinesis:{REGION}:123456789012:stream/{STREAM}",
                "RoleArn": ROLE,
            },
        )
        yield Works(world, context, pump, functions, mail, pinpoint, app)


def inboxes(works: Works, count: int = 3) -> str:
    """A segment of endpoints of a custom channel, `id-0` and on, each with an address of its own."""
    rows = "".join(f"CUSTOM,inbox-{i},id-{i},NONE\n" for i in range(count))
    job = works.import_file("ChannelType,Address,Id,OptOut\n" + rows)
    segment_id: str = job["Definition"]["SegmentId"]
    return segment_id
