"""The queue of changes, what is known of endpoints, a project with refusals, and the sync between them."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns.audience_sync.applying import Applier
from patterns.audience_sync.backlog import Backlog
from patterns.audience_sync.bulk import Bulk
from patterns.audience_sync.pace import Pace
from patterns.audience_sync.project import Project
from patterns.audience_sync.state import EndpointStates
from patterns.audience_sync.sync import Mailbox, Sync

TABLE = "states"
NOW = 1_764_064_800.0
_NEVER = 10**8


@dataclass
class Endpoints:
    """A project's endpoints: one bad item refuses a call.

    Attributes:
        bad: Ids that are refused.
        stored: The endpoints by id.
        sizes: How many items each call had.
    """

    bad: frozenset[str] = frozenset()
    stored: dict[str, Any] = field(default_factory=dict[str, Any])
    sizes: list[int] = field(default_factory=list[int])

    def update_endpoints_batch(self, *, EndpointBatchRequest: Any, **_: Any) -> None:  # noqa: N803
        items = EndpointBatchRequest["Item"]
        assert 1 <= len(items) <= 100
        self.sizes.append(len(items))
        if any(item["Id"] in self.bad for item in items):
            answer: Any = {
                "Error": {"Code": "BadRequestException"},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            }
            raise ClientError(answer, "UpdateEndpointsBatch")
        self.stored |= {item["Id"]: item for item in items}


@dataclass
class SyncDesk:
    """What happens between the queue and the project; nothing goes by file."""

    project: Endpoints
    sync: Sync
    dead_letters_url: str

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


def creation(endpoint_id: str, version: int = 1) -> dict[str, Any]:
    """A message that makes one endpoint."""
    endpoint = {"Id": endpoint_id, "ChannelType": "CUSTOM", "Address": endpoint_id, "OptOut": "NONE"}
    return {"kind": "create", "version": version, "endpoints": [endpoint]}


@contextmanager
def sync_desk(*, bad: frozenset[str] = frozenset()) -> Iterator[SyncDesk]:
    """Queues and a table of moto's, and a project that takes everything but what is bad."""
    with mock_aws(), ThreadPoolExecutor(max_workers=1) as threads:
        sqs, dynamodb = (boto3.client(name, region_name="us-east-1") for name in ("sqs", "dynamodb"))
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
        sync = Sync(
            applier=Applier(
                states=EndpointStates(dynamodb, TABLE, keep_deleted=1_000),
                project=Project(api, "app", updates=updates, deletions=deletions),
                threads=threads,
                lease=240.0,
            ),
            bulk=Bulk(
                s3=None,
                bucket="none",
                sqs=sqs,
                files_url=files,
                backlog=Backlog(sqs, url=changes, files_url=files, import_above=_NEVER),
            ),
            mailbox=Mailbox(sqs, url=changes, dead_letters_url=dead),
            patience=3_600.0,
            clock=lambda: NOW,
        )
        yield SyncDesk(api, sync, dead)
