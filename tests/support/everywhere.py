"""Every place of an embedded AWS where a text is kept, whichever stack or service keeps it."""

import gzip
import json
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from embedded.demo.account import Account

_GZIP = b"\x1f\x8b"
_Wanted: TypeAlias = Callable[[str], bool]


def places_of(account: Account, texts: Sequence[str], *, among: Sequence[str] = ("",)) -> set[str]:
    """The tables, buckets with the first folder of a key, and queues that hold one of the texts.

    Args:
        account: The account.
        texts: As they are written.
        among: How the names of places begin that are looked at, in lower case; all by default.
    """

    def wanted(name: str) -> bool:
        return name.lower().startswith(tuple(each.partition("/")[0] for each in among))

    kept = (*_items(account, wanted), *_objects(account, wanted), *_messages(account, wanted))
    return {place for place, content in kept if any(text in content for text in texts)}


def _items(account: Account, wanted: _Wanted) -> Iterator[tuple[str, str]]:
    dynamodb = account.client("dynamodb")
    for names in dynamodb.get_paginator("list_tables").paginate():
        for name in filter(wanted, names["TableNames"]):
            for page in dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
                yield name, str(page["Items"])


def _objects(account: Account, wanted: _Wanted) -> Iterator[tuple[str, str]]:
    s3 = account.client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for bucket in filter(wanted, buckets):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", []):
                place = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
                body: bytes = s3.get_object(**place)["Body"].read()
                content = gzip.decompress(body) if body.startswith(_GZIP) else body
                folder = version["Key"].partition("/")[0]
                yield f"{bucket}/{folder}", f"{version['Key']} {content.decode(errors='replace')}"


def _messages(account: Account, wanted: _Wanted) -> Iterator[tuple[str, str]]:
    """Of all queues, those included that are hidden: no call of SQS would show these."""
    with urllib.request.urlopen(f"{account.endpoint}/_ministack/sqs/messages", timeout=30) as answer:
        shown = json.load(answer)["messages"]
    queues = [queue for regions in shown.values() for queues in regions.values() for queue in queues.items()]
    for url, messages in queues:
        name = url.rpartition("/")[2]
        if wanted(name):
            yield name, json.dumps(messages)
