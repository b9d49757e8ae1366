"""Files of JSON, a line about somebody: an archive of events, a trail of decisions, lists of recipients."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from patterns.forget.versions import Version, files
from pinpoint_runtime.clients import client

# Firehose writes up to 128 MiB a file: so many are read and written well within a function's time.
_FILES_PAGE: Final = 20
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True)
class LinesStore:
    """Objects of lines of JSON, gzip'd or not, which are written anew without the person's lines.

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
        found = files(self.client, self.bucket, self.prefix, after, page_size=2 * _FILES_PAGE)
        page = list(islice(found, _FILES_PAGE + 1))
        removed = sum(self._rid(person, version) for file in page[:_FILES_PAGE] for version in file)
        last = {"Key": page[_FILES_PAGE - 1][0].key} if len(page) > _FILES_PAGE else None
        return Swept(removed, last)

    def _rid(self, person: Person, version: Version) -> int:
        body: bytes = self.client.get_object(**version.place)["Body"].read()
        zipped = body.startswith(_GZIP)
        lines = (gzip.decompress(body) if zipped else body).splitlines(keepends=True)
        kept = [line for line in lines if not person.named_in_text(line)]
        if len(kept) == len(lines):
            return 0
        # What is to stay is written before what names the person goes: a step may end in between.
        if kept and version.is_latest:
            rest = b"".join(kept)
            self.client.put_object(
                Bucket=self.bucket,
                Key=version.key,
                Body=gzip.compress(rest, mtime=0) if zipped else rest,
            )
        self.client.delete_object(**version.place)
        return len(lines) - len(kept)


def store(told: Mapping[str, Any]) -> LinesStore:
    """The files that a description names."""
    return LinesStore(client("s3"), told["place"], told["prefix"])
