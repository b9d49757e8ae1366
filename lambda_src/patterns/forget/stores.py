"""The kinds of stores, and how a page of each is rid of a person.

Each `sweep` looks at one page and answers where the next begins (None: it was the last) and how much was
removed. A page that is swept again finds nothing more, so that a lost answer costs nothing but time.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Final, Protocol, TypeAlias

from boto3.dynamodb.types import TypeDeserializer

from patterns.forget.person import Person

Place: TypeAlias = Mapping[str, Any]

_TABLE_PAGE: Final = 500
# Firehose writes up to 128 MiB a file: so many are read and written well within a function's time.
_FILES_PAGE: Final = 20
_RECEIVED: Final = 10
# What was looked at stays hidden for so long: within that time a queue is seen whole.
_HIDDEN_SECONDS: Final = 300


@dataclass(frozen=True)
class Swept:
    """What became of a page.

    Attributes:
        removed: Items, events or messages.
        after: Where the next page begins; None if there is none.
    """

    removed: int
    after: Place | None = None


class PersonStore(Protocol):
    """A store."""

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """Rid one page of a person."""
        ...


@dataclass(frozen=True)
class TableStore:
    """A table, whose items that name the person are deleted.

    Attributes:
        client: A boto3 DynamoDB client.
        name: The table.
        keys: The attributes of its primary key.
    """

    client: Any
    name: str
    keys: tuple[str, ...]

    def sweep(self, person: Person, after: Place | None) -> Swept:
        start = {"ExclusiveStartKey": after} if after else {}
        page = self.client.scan(TableName=self.name, Limit=_TABLE_PAGE, ConsistentRead=True, **start)
        read = TypeDeserializer()
        named = [
            item
            for item in page["Items"]
            if person.named_in({name: read.deserialize(value) for name, value in item.items()})
        ]
        for item in named:
            self.client.delete_item(TableName=self.name, Key={key: item[key] for key in self.keys})
        return Swept(len(named), page.get("LastEvaluatedKey"))


@dataclass(frozen=True)
class ArchiveStore:
    """Objects of gzip'd lines of JSON, which are written anew without the person's lines.

    Earlier versions that name the person are deleted, also those that another step left.

    Attributes:
        client: A boto3 S3 client.
        bucket: The bucket.
        prefix: Below which the objects are.
    """

    client: Any
    bucket: str
    prefix: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        files = list(islice(self._files(after), _FILES_PAGE + 1))
        removed = sum(self._rid(person, version) for file in files[:_FILES_PAGE] for version in file)
        # By key alone: a version that was deleted marks no place to go on from.
        last = {"Key": files[_FILES_PAGE - 1][0]["Key"]} if len(files) > _FILES_PAGE else None
        return Swept(removed, last)

    def _files(self, after: Place | None) -> Iterator[list[Mapping[str, Any]]]:
        """The versions of each key after one, newest first."""
        pages = self.client.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket,
            Prefix=self.prefix,
            PaginationConfig={"PageSize": 2 * _FILES_PAGE},
            **({"KeyMarker": after["Key"]} if after else {}),
        )
        versions = (version for page in pages for version in page.get("Versions", []))
        for _, same in groupby(versions, key=lambda version: version["Key"]):
            yield list(same)

    def _rid(self, person: Person, version: Mapping[str, Any]) -> int:
        place = {"Bucket": self.bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
        lines = gzip.decompress(self.client.get_object(**place)["Body"].read()).splitlines(keepends=True)
        kept = [line for line in lines if not _names(person, line)]
        if len(kept) == len(lines):
            return 0
        # What is to stay is written before what names the person goes: a step may end in between.
        if kept and version["IsLatest"]:
            self.client.put_object(
                Bucket=self.bucket, Key=version["Key"], Body=gzip.compress(b"".join(kept), mtime=0)
            )
        self.client.delete_object(**place)
        return len(lines) - len(kept)


@dataclass(frozen=True)
class LettersStore:
    """A dead-letter queue, whose messages that name the person are deleted; the others come back.

    Attributes:
        client: A boto3 SQS client.
        url: The queue.
    """

    client: Any
    url: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        del after
        received = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=_RECEIVED,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,
        ).get("Messages", [])
        named = [message for message in received if _names(person, message["Body"].encode())]
        for message in named:
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return Swept(len(named), {"Again": True} if received else None)


def _names(person: Person, line: bytes) -> bool:
    try:
        return person.named_in(json.loads(line))
    except (ValueError, RecursionError):
        # No JSON is kept where it is, unless it holds an address.
        return any(address.encode() in line for address in person.addresses)
