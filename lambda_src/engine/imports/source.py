"""The files of an import job, found and read in the customer's role.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-import.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.context import Context
from engine.imports.rows import BadFile
from engine.roles import assumed_client

MAX_FILES: Final = 10_000
MAX_BYTES: Final = 1024**3
_CHUNK: Final = 256 * 1024
_COMPRESSED: Final = (".gz", ".gzip", ".zip", ".bz2", ".xz", ".zst", ".7z")
_OTHER_FORMAT: Final = {"CSV": (".json", ".jsonl", ".ndjson"), "JSON": (".csv",)}
_GZIP_MAGIC: Final = b"\x1f\x8b"


class ObjectChanged(Exception):
    """The object is not the one that the job was planned for."""


@dataclass(frozen=True)
class SourceFile:
    """One object, as it was when the job was planned."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True)
class Source:
    """A bucket read in a role.

    Attributes:
        s3: A client that acts as the role.
        bucket: The bucket.
        prefix: A key, or the beginning of keys.
    """

    s3: Any
    bucket: str
    prefix: str

    def files(self, format_: str) -> list[SourceFile]:
        """The files to import: the object with that very key, or all below it.

        Raises:
            BadFile: There is nothing to import, or more than a job takes, or something compressed.
        """
        found = list(self._listed())
        exact = [file for file in found if file.key == self.prefix]
        files = exact or [file for file in found if not file.key.endswith(_OTHER_FORMAT[format_])]
        if packed := next((f.key for f in files if f.key.lower().endswith(_COMPRESSED)), None):
            raise BadFile(f"{packed} is compressed: compressed files cannot be imported")
        if not files:
            raise BadFile(f"there is no {format_} file at s3://{self.bucket}/{self.prefix}")
        if all(file.size == 0 for file in files):
            raise BadFile(f"the file {files[0].key} is empty")
        if len(files) > MAX_FILES:
            raise BadFile(f"there are more than {MAX_FILES} files at s3://{self.bucket}/{self.prefix}")
        if (size := sum(file.size for file in files)) > MAX_BYTES:
            raise BadFile(f"the files have {size} bytes, at most {MAX_BYTES} are imported by one job")
        return [file for file in files if file.size]

    def read(self, file: SourceFile, start: int, end: int) -> Iterator[bytes]:
        """The bytes of `[start, end)`, in chunks.

        Raises:
            ObjectChanged: The object was replaced or removed meanwhile.
        """
        from botocore.exceptions import ClientError

        try:
            answer = self.s3.get_object(
                Bucket=self.bucket,
                Key=file.key,
                IfMatch=file.etag,
                Range=f"bytes={start}-{min(end, file.size) - 1}",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "412", "NoSuchKey", "404"):
                raise ObjectChanged(f"{file.key} was changed after the job had started") from error
            raise
        body = answer["Body"]
        try:
            yield from body.iter_chunks(_CHUNK)
        finally:
            body.close()

    def first_line(self, file: SourceFile, limit: int) -> bytes:
        """The first line with its line end, or as much of it as `limit` allows.

        Raises:
            BadFile: The file is compressed, whatever its name.
        """
        line = b""
        for chunk in self.read(file, 0, limit):
            line += chunk
            if line.startswith(_GZIP_MAGIC):
                raise BadFile(f"{file.key} is compressed: compressed files cannot be imported")
            if b"\n" in line:
                break
        return line[: line.find(b"\n") + 1] or line

    def _listed(self) -> Iterator[SourceFile]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        count = 0
        for page in pages:
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):
                    yield SourceFile(entry["Key"], entry["ETag"], int(entry["Size"]))
            count += int(page.get("KeyCount", 0))
            # Enough to know that it is too much.
            if count > 2 * MAX_FILES:
                return


def source_of(context: Context, application_id: str, definition: dict[str, Any]) -> Source:
    """The source that a job's definition names.

    Raises:
        BadFile: The URL is not one of S3.
        Forbidden: The role does not let the engine in.
    """
    bucket, _, prefix = str(definition["S3Url"]).removeprefix("s3://").partition("/")
    if not bucket or not str(definition["S3Url"]).startswith("s3://"):
        raise BadFile("S3Url must have the form s3://bucket/key")
    s3 = assumed_client(context, "s3", definition["RoleArn"], context.application_arn(application_id))
    return Source(s3, bucket, prefix)
