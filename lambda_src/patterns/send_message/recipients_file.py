"""A file of recipients, a JSON object a line, read a piece at a time.

See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from botocore.exceptions import ClientError

from patterns.send_message.content import Malformed
from patterns.send_message.tasks import Progress

_PIECE: Final = 1_000_000
_LONGEST_LINE: Final = 100_000
_MEANINGS: Final = {
    "NoSuchKey": "the object does not exist",
    "404": "the object does not exist",
    "NoSuchVersion": "the object has no such version",
    "403": "the object does not exist, or may not be read",
    "AccessDenied": "the object does not exist, or may not be read",
    "InvalidRange": "the object is empty",
    "416": "the object is empty",
    "PreconditionFailed": "the object changed while it was worked on",
    "412": "the object changed while it was worked on",
    "InvalidArgument": "the object has no such version",
}


@dataclass(frozen=True)
class Piece:
    """Some lines of a file.

    Attributes:
        documents: A recipient each, with its place.
        progress: Where the next piece begins; None at the end.
    """

    documents: Sequence[Mapping[str, Any]]
    progress: Progress | None


class RecipientsFiles:
    """The bucket with the files.

    Args:
        s3: A boto3 S3 client.
        bucket: Its name.
        piece: Bytes that are read at a time.
    """

    def __init__(self, s3: Any, bucket: str, *, piece: int = _PIECE) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._piece = piece

    def read(self, key: str, version_id: str, progress: Progress) -> Piece:
        """The next piece.

        Args:
            key: The object.
            version_id: Of the object, if the request names one.
            progress: Where to begin.

        Raises:
            Malformed: There is no such file.
        """
        answer = self._get(key, progress.version_id or version_id, progress)
        data: bytes = answer["Body"].read()
        size = int(answer["ContentRange"].rpartition("/")[2])
        progress = replace(progress, etag=answer["ETag"], version_id=answer.get("VersionId") or "")
        return _piece(data, progress, last=progress.offset + len(data) >= size)

    def _get(self, key: str, version_id: str, progress: Progress) -> Mapping[str, Any]:
        pinned = {"VersionId": version_id} if version_id else {}
        if progress.etag:
            pinned["IfMatch"] = progress.etag
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket,
                Key=key,
                Range=f"bytes={progress.offset}-{progress.offset + self._piece - 1}",
                **pinned,
            )
        except ClientError as error:
            meaning = _MEANINGS.get(error.response["Error"]["Code"])
            if meaning is None:
                raise
            raise Malformed(f"recipients_file: {meaning}") from None
        return cast(Mapping[str, Any], answer)


def _piece(data: bytes, progress: Progress, *, last: bool) -> Piece:
    whole = data if last else data[: data.rfind(b"\n") + 1]
    if not whole:
        # A line that is longer than the piece: it counts once, and its rest is passed over.
        documents = [] if progress.skipping else [_defect(progress.line, "recipient_is_too_large")]
        line = progress.line if progress.skipping else progress.line + 1
        return Piece(
            documents, replace(progress, offset=progress.offset + len(data), line=line, skipping=True)
        )
    lines = whole.split(b"\n")
    if whole.endswith(b"\n"):
        lines.pop()
    if progress.skipping:
        lines = lines[1:]
    documents = [_document(line, progress.line + number) for number, line in enumerate(lines) if line.strip()]
    if last:
        return Piece(documents, None)
    offset = progress.offset + len(whole)
    return Piece(documents, replace(progress, offset=offset, line=progress.line + len(lines), skipping=False))


def _document(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > _LONGEST_LINE:
        return _defect(number, "recipient_is_too_large")
    try:
        document = json.loads(line.decode("utf-8-sig" if number == 0 else "utf-8"))
    except (ValueError, RecursionError):
        return _defect(number, "recipient_is_not_json")
    if not isinstance(document, dict):
        return _defect(number, "recipient_is_not_an_object")
    if "defect" in document:
        return _defect(number, "recipient_has_unknown_members")
    return {**cast(dict[str, Any], document), "position": number}


def _defect(number: int, reason: str) -> dict[str, Any]:
    return {"position": number, "defect": reason}
