"""Everything that Firehose wrote into the archive of events, from now on."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

_EVENTS: Final = "events/"


@dataclass
class ArchiveReader:
    """Reads the files that it has not read yet.

    Args:
        s3: A boto3 S3 client.
        bucket: The archive's.
        records: What was read so far.
    """

    s3: Any
    bucket: str
    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _known: set[str] = field(default_factory=set[str])

    def read(self) -> None:
        """Reads the files that have come since."""
        for key in self._keys():
            if key not in self._known:
                body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                self.records += [json.loads(line) for line in gzip.decompress(body).splitlines()]
                self._known.add(key)

    def skip(self) -> None:
        """Passes over the files that are there already."""
        self._known.update(self._keys())

    def _keys(self) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=_EVENTS)
        return (entry["Key"] for page in pages for entry in page.get("Contents", []))
