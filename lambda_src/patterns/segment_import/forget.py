"""Erasure of a person from the files that this pattern keeps."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from patterns.segment_import.lines import lines
from patterns.segment_import.upload import Upload

# Copies of what was imported, deleted and not written anew: a file that is put is imported, and sent to.
_FILES: Final = ("segments/", "sends/", "endpoints/", "changes/", "accepted/")
_QUARANTINE: Final = "quarantine/"
_CHUNK: Final = 1024 * 1024
# What addresses and ids are made of: a value beside one of these is a part of another.
_WITHIN: Final = rb"[\w.+@%-]"


@dataclass(frozen=True)
class _Version:
    """One version of one object."""

    key: str
    version_id: str
    is_latest: bool


def forget(s3: Any, bucket: str, values: Collection[str]) -> int:
    """Erase a person: every version of each file that names them, and their rows in quarantine.

    A file that was not checked yet is refused as `object_gone`. One that is being imported is imported: erase
    the person from the project afterwards.

    Args:
        s3: A boto3 S3 client that may list versions, get, put, and delete versions.
        bucket: The bucket of the imports.
        values: The person's addresses, endpoint ids and user id, as files write them.

    Returns:
        How many versions of objects are gone.

    Raises:
        ValueError: A value is empty, and would be found everywhere.
    """
    if not all(values):
        raise ValueError("each value must be an address or an id, got an empty one")
    person = re.compile(b"|".join(map(_as_written, values)), re.IGNORECASE)
    erased = 0
    for prefix in (*_FILES, _QUARANTINE):
        for version in list(_versions(s3, bucket, prefix)):
            place = {"Bucket": bucket, "Key": version.key, "VersionId": version.version_id}
            if not any(person.search(row) for row, _ in _rows(s3, place)):
                continue
            if prefix == _QUARANTINE and version.is_latest:
                with Upload(s3, bucket, version.key) as rest:
                    for row, line in _rows(s3, place):
                        if not person.search(row):
                            rest.write(line + b"\n")
            s3.delete_object(**place)
            erased += 1
    return erased


def _versions(s3: Any, bucket: str, prefix: str) -> Iterator[_Version]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Versions", []):
            yield _Version(each["Key"], each["VersionId"], each["IsLatest"])


def _rows(s3: Any, place: dict[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """What each line says, as its file wrote it, and the line."""
    body = s3.get_object(**place)["Body"]
    with body:
        for line in lines(body.iter_chunks(_CHUNK)):
            quarantined = place["Key"].startswith(_QUARANTINE)
            row = json.loads(line.content)["row"].encode() if quarantined else line.content
            yield row, line.content


def _as_written(value: str) -> bytes:
    return b"(?<!" + _WITHIN + b")" + re.escape(value.encode()) + b"(?!" + _WITHIN + b")"
