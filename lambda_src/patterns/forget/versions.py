"""The objects of a versioned bucket, with all that they once were."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from patterns.forget.stores import Place


@dataclass(frozen=True)
class Version:
    """One version of one object."""

    bucket: str
    key: str
    version_id: str
    is_latest: bool

    @property
    def place(self) -> dict[str, str]:
        """What calls of S3 say of it."""
        return {"Bucket": self.bucket, "Key": self.key, "VersionId": self.version_id}


def files(
    s3: Any, bucket: str, prefix: str, after: Place | None, *, page_size: int
) -> Iterator[list[Version]]:
    """The versions of each key after a place, newest first.

    Args:
        s3: A boto3 S3 client.
        bucket: The bucket.
        prefix: Below which the objects are.
        after: The last key that was looked at. By key alone: a version that was deleted marks no place.
        page_size: Versions that are asked for at a time.
    """
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket,
        Prefix=prefix,
        PaginationConfig={"PageSize": page_size},
        **({"KeyMarker": after["Key"]} if after else {}),
    )
    versions = (version for page in pages for version in page.get("Versions", []))
    for key, same in groupby(versions, key=lambda version: str(version["Key"])):
        yield [Version(bucket, key, each["VersionId"], each["IsLatest"]) for each in same]
