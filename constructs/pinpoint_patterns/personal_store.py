"""What a construct keeps of people, said so that a `PersonEraser` can erase a person from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

_TABLES: Final = "patterns.forget.tables:store"
_LETTERS: Final = "patterns.forget.letters:store"
_LINES: Final = "patterns.forget.lines:store"


@dataclass(frozen=True)
class PersonalStore:
    """A place where something of people is kept, and what erases a person there.

    Attributes:
        name: What answers call it, such as `Stack/Construct: inbox`; each store of an eraser has its own.
        eraser: `module:factory`, which gets name, place and settings and gives a
            `patterns.forget.stores.PersonStore`.
        place: The table's or bucket's name, or the queue's address.
        allows: What the eraser may do: resources by action.
        settings: What the factory has to know beside the place.
        code: The folder of the module below the Lambda source root, unless it is the eraser's own.
    """

    name: str
    eraser: str
    place: str
    allows: Mapping[str, Sequence[str]]
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    code: str = ""

    @classmethod
    def dead_letters(cls, name: str, queue: sqs.IQueue) -> "PersonalStore":
        """A queue, whose messages that name the person are deleted."""
        allows = {action: [queue.queue_arn] for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage")}
        return cls(name, _LETTERS, queue.queue_url, allows | opening(queue.encryption_master_key))

    @classmethod
    def table(
        cls, name: str, table: dynamodb.ITable, *, keys: Sequence[str] = ("pk",), prefix: str = ""
    ) -> "PersonalStore":
        """A table, whose items that name the person are deleted; it is read as a whole.

        Args:
            keys: The attributes of its primary key.
            prefix: How the first of them begins where items may be deleted.
        """
        settings = {"keys": ",".join(keys), **({"prefix": prefix} if prefix else {})}
        return cls(name, _TABLES, table.table_name, on_table(table, "Scan", "DeleteItem"), settings)

    @classmethod
    def keyed(
        cls,
        name: str,
        table: dynamodb.ITable,
        *,
        code: str,
        actions: Sequence[str] = ("DeleteItem",),
        allows: Mapping[str, Sequence[str]] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> "PersonalStore":
        """A table whose keys follow from the person's ids or addresses, as its pattern makes them.

        Args:
            code: The pattern's folder, whose `forget.py` knows the keys.
            actions: Of DynamoDB on the table.
            allows: What else is needed: resources by action.
            settings: What the pattern has to know beside the table.
        """
        granted = on_table(table, *actions) | dict(allows or {})
        eraser = f"{code.replace('/', '.')}.forget:store"
        return cls(name, eraser, table.table_name, granted, settings or {}, code)

    @classmethod
    def lines(cls, name: str, bucket: s3.IBucket, *, prefix: str, folder: str = "") -> "PersonalStore":
        """Files of JSON lines, gzip'd or not, which are written anew without the person's.

        Args:
            prefix: Below which the eraser may work.
            folder: Below which it looks, if that is less.
        """
        settings = {"prefix": folder or prefix}
        return cls(name, _LINES, bucket.bucket_name, on_files(bucket, prefix), settings)

    @classmethod
    def imports(cls, name: str, bucket: s3.IBucket, *, prefixes: Sequence[str]) -> "PersonalStore":
        """The bucket of an `ImportBucket`.

        Args:
            prefixes: Where files are.
        """
        code, allows = "patterns/segment_import", on_files(bucket, *prefixes)
        return cls(name, "patterns.segment_import.forget:store", bucket.bucket_name, allows, code=code)


def on_table(table: dynamodb.ITable, *actions: str) -> dict[str, Sequence[str]]:
    """Actions on a table, and its key."""
    granted = {f"dynamodb:{action}": [table.table_arn] for action in actions}
    return granted | opening(table.encryption_key)


def on_files(bucket: s3.IBucket, *prefixes: str) -> dict[str, Sequence[str]]:
    """What it takes to rid all versions of files of somebody."""
    files = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
    actions = ("DeleteObjectVersion", "GetObjectVersion", "PutObject")
    return {
        "s3:ListBucketVersions": [bucket.bucket_arn],
        **{f"s3:{action}": files for action in actions},
        **(opening(bucket.encryption_key, "GenerateDataKey")),
    }


def opening(key: kms.IKey | None, *more: str) -> dict[str, Sequence[str]]:
    """What it takes to read what a key has encrypted."""
    return {f"kms:{action}": [key.key_arn] for action in ("Decrypt", *more)} if key else {}
