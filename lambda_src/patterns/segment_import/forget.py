"""Erasure of a person from the files that this pattern keeps."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from patterns.forget.versions import Version, files
from patterns.segment_import.lines import lines
from patterns.segment_import.upload import Upload
from pinpoint_runtime.clients import client

_QUARANTINE: Final = "quarantine/"
# Copies of what was imported, deleted and not written anew: a file that is put is imported, and sent to.
_PREFIXES: Final = ("segments/", "sends/", "endpoints/", "changes/", "accepted/", _QUARANTINE)
# A file has up to 1 GB: a page is read well within a function's time.
_FILES_PAGE: Final = 5
_CHUNK: Final = 1024 * 1024
# What addresses and ids are made of: a value beside one of these is a part of another.
_WITHIN: Final = rb"[\w.+@%-]"


@dataclass(frozen=True)
class ImportFiles:
    """The bucket: every version of each file that names the person goes, and their rows in quarantine.

    A file that was not checked yet is refused as `object_gone`. One that is being imported is imported: the
    person is erased again afterwards.

    Attributes:
        s3: A boto3 S3 client that may list versions, get, put, and delete versions.
        bucket: The bucket of the imports.
    """

    s3: Any
    bucket: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """Rid a page of files; counts versions of objects."""
        values = sorted({person.user_id, *person.endpoint_ids, *person.addresses} - {""})
        pattern = re.compile(b"|".join(map(_as_written, values)), re.IGNORECASE)
        first = _PREFIXES.index(after["Prefix"]) if after else 0
        prefix, key = _PREFIXES[first], after if after and "Key" in after else None
        found = files(self.s3, self.bucket, prefix, key, page_size=2 * _FILES_PAGE)
        page = list(islice(found, _FILES_PAGE + 1))
        removed = sum(self._rid(pattern, version) for file in page[:_FILES_PAGE] for version in file)
        if len(page) > _FILES_PAGE:
            return Swept(removed, {"Prefix": prefix, "Key": page[_FILES_PAGE - 1][0].key})
        following = _PREFIXES[first + 1 :]
        return Swept(removed, {"Prefix": following[0]} if following else None)

    def _rid(self, person: re.Pattern[bytes], version: Version) -> int:
        if not any(person.search(row) for row, _ in self._rows(version)):
            return 0
        if version.key.startswith(_QUARANTINE) and version.is_latest:
            with Upload(self.s3, self.bucket, version.key) as rest:
                for row, line in self._rows(version):
                    if not person.search(row):
                        rest.write(line + b"\n")
        self.s3.delete_object(**version.place)
        return 1

    def _rows(self, version: Version) -> Iterator[tuple[bytes, bytes]]:
        """What each line says, as its file wrote it, and the line."""
        body = self.s3.get_object(**version.place)["Body"]
        with body:
            for line in lines(body.iter_chunks(_CHUNK)):
                quarantined = version.key.startswith(_QUARANTINE)
                row = json.loads(line.content)["row"].encode() if quarantined else line.content
                yield row, line.content


def _as_written(value: str) -> bytes:
    return b"(?<!" + _WITHIN + b")" + re.escape(value.encode()) + b"(?!" + _WITHIN + b")"


def store(told: Mapping[str, Any]) -> ImportFiles:
    """The bucket that a description names."""
    return ImportFiles(client("s3"), told["place"])
