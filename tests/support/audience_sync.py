"""The queue of changes, what is known of endpoints, a project that fails as it is told to, and the sync."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns.audience_sync.applying import Applier
from patterns.audience_sync.backlog import Backlog
from patterns.audience_sync.bulk import Bulk
from patterns.audience_sync.imported import ImportedFiles
from patterns.audience_sync.pace import Pace
from patterns.audience_sync.project import Project
from patterns.audience_sync.state import EndpointStates
from patterns.audience_sync.sync import Mailbox, Sync

TABLE, BUCKET = "states", "imports"
NOW = 1_764_064_800.0
LEASE, PATIENCE = 240.0, 3_600.0
_NEVER = 10**8


@dataclass
class Endpoints:
    """A project's endpoints: one bad item refuses a call.

    Attributes:
        bad: Ids that are refused.
        errors: Statuses of the next calls, 0 for none: 429 throttles, 503 leaves it open what was done.
        stored: The endpoints by id.
        sizes: How many items each call had.
    """

    bad: frozenset[str] = frozenset()
    errors: list[int] = field(default_factory=list[int])
    stored: dict[str, Any] = field(default_factory=dict[str, Any])
    sizes: list[int] = field(default_factory=list[int])

    def update_endpoints_batch(self, *, EndpointBatchRequest: Any, **_: Any) -> None:  # noqa: N803
        items = EndpointBatchRequest["Item"]
        assert 1 <= len(items) <= 100
        self.sizes.append(len(items))
        self._fail()
        if any(item["Id"] in self.bad for item in items):
            raise client_error(400, "BadRequestException")
        self.stored |= {item["Id"]: item for item in items}

    def delete_endpoint(self, *, EndpointId: str, **_: Any) -> None:  # noqa: N803
        self._fail()
        if self.stored.pop(EndpointId, None) is None:
            raise client_error(404, "NotFoundException")

    def get_user_endpoints(self, *, UserId: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._fail()
        found = [item for item in self.stored.values() if item.get("User", {}).get("UserId") == UserId]
        return {"EndpointsResponse": {"Item": found}}

    def _fail(self) -> None:
        status = self.errors.pop(0) if self.errors else 0
        if status:
            raise client_error(status, f"Status{status}")


def client_error(status: int, code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")


@dataclass
class SyncDesk:
    """What happens between the queue and the project, and beside it by file.

    Attributes:
        now: Epoch seconds, for everything but the queues.
    """

    project: Endpoints
    sync: Sync
    files: ImportedFiles
    dead_letters_url: str
    now: list[float]

    @property
    def queue_url(self) -> str:
        return self.sync.mailbox.url

    def wait(self, seconds: float) -> None:
        self.now[0] += seconds

    def work(self, *bodies: object) -> tuple[list[str], Counter[str]]:
        """A batch of messages, handed over as Lambda does."""
        records = [
            {
                "messageId": f"m-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": json.dumps(body),
                "attributes": {"SentTimestamp": str(round(NOW * 1000)), "ApproximateReceiveCount": "1"},
            }
            for number, body in enumerate(bodies)
        ]
        return self.sync.process(records, lambda: True)

    def queue(self, *bodies: object) -> list[dict[str, Any]]:
        """Put messages into the queue, and receive all that it has."""
        for body in bodies:
            self.sync.mailbox.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(body))
        return self.waiting()

    def waiting(self) -> list[dict[str, Any]]:
        """Receive what the queue has, as if it had been sent at `NOW`."""
        records = self.sync.bulk.backlog.take(10_000, self.sync.applier.threads, seconds=30)
        for record in records:
            record["attributes"]["SentTimestamp"] = str(round(NOW * 1000))
        return records

    def process(self, records: list[dict[str, Any]]) -> tuple[int, Counter[str]]:
        """Take received messages as far as they go, and say how many come again."""
        again, counts = self.sync.process(records, lambda: True)
        return len(again), counts

    def reasons(self) -> list[str]:
        """Why there are dead letters, each by the word before its colon."""
        found: list[str] = []
        sqs = self.sync.mailbox.sqs
        while received := sqs.receive_message(
            QueueUrl=self.dead_letters_url, MaxNumberOfMessages=10, MessageAttributeNames=["Reason"]
        ).get("Messages"):
            found += [each["MessageAttributes"]["Reason"]["StringValue"] for each in received]
        return sorted(reason.partition(":")[0] for reason in found)

    def written(self, prefix: str) -> dict[str, list[dict[str, Any]]]:
        """Lines by key of the files below a prefix."""
        s3 = self.sync.bulk.s3
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
        return {
            key: [
                json.loads(line) for line in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines()
            ]
            for key in keys
        }

    def report(self, name: str, **members: Any) -> None:
        """Say how the import of a file ended: well, unless it is said otherwise."""
        body = {"outcome": "IMPORTED", "import_failures": 0, **members}
        key = f"reports/audience-sync/{name}.jsonl/1.json"
        self.sync.bulk.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(body))


def creation(endpoint_id: str, version: int = 1, *, user_id: str = "") -> dict[str, Any]:
    """A message that makes one endpoint."""
    endpoint = {"Id": endpoint_id, "ChannelType": "CUSTOM", "Address": endpoint_id, "OptOut": "NONE"}
    whose = {"user": {"UserId": user_id}} if user_id else {}
    return {"kind": "create", "version": version, **whose, "endpoints": [endpoint]}


@cache
def _client(service: str) -> Any:
    """Made within moto, and kept: to make one takes longer than most tests."""
    return boto3.client(service, region_name="us-east-1")


@contextmanager
def sync_desk(*, bad: frozenset[str] = frozenset(), import_above: int = _NEVER) -> Iterator[SyncDesk]:
    """Queues, a table and a bucket of moto's, and a project that takes everything but what is bad.

    Args:
        bad: Ids that the project refuses.
        import_above: From how many waiting messages on changes go by file.
    """
    now = [NOW]
    with mock_aws(), ThreadPoolExecutor(max_workers=1) as threads:
        sqs, dynamodb, s3 = map(_client, ("sqs", "dynamodb", "s3"))
        s3.create_bucket(Bucket=BUCKET)
        changes, files, dead = (
            sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("changes", "files", "dead")
        )
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        api = Endpoints(bad)
        updates, deletions = (
            Pace(dynamodb, TABLE, name, per_second=1_000, sleep=lambda _: None)
            for name in ("updates", "deletions")
        )
        states = EndpointStates(dynamodb, TABLE, keep_deleted=1_000, clock=lambda: now[0])
        mailbox = Mailbox(sqs, url=changes, dead_letters_url=dead)
        sync = Sync(
            applier=Applier(
                states=states,
                project=Project(api, "app", updates=updates, deletions=deletions),
                threads=threads,
                lease=LEASE,
                clock=lambda: now[0],
            ),
            bulk=Bulk(
                s3=s3,
                bucket=BUCKET,
                sqs=sqs,
                files_url=files,
                backlog=Backlog(
                    sqs, url=changes, files_url=files, import_above=import_above, monotonic=lambda: now[0]
                ),
                clock=lambda: now[0],
            ),
            mailbox=mailbox,
            patience=PATIENCE,
            clock=lambda: now[0],
        )
        imported = ImportedFiles(states, s3, BUCKET, mailbox, threads, clock=lambda: now[0])
        yield SyncDesk(api, sync, imported, dead, now)
