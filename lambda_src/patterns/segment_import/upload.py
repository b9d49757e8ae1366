"""An object written piece by piece, in memory that does not grow with it."""

from types import TracebackType
from typing import Any, Final

# S3 takes parts from 5 MB on; at most 10,000 of them.
_PART: Final = 8 * 1024 * 1024


class Upload:
    """One object, written as it comes. Nothing is there until the end, and nothing if nothing was written.

    Args:
        s3: A boto3 S3 client.
        bucket, key: Where to.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html.
    """

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self._s3 = s3
        self._place = {"Bucket": bucket, "Key": key}
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self.key = key

    def write(self, content: bytes) -> None:
        """Add to the object."""
        self._buffer += content
        if len(self._buffer) >= _PART:
            self._send_part()

    def __enter__(self) -> "Upload":
        return self

    def __exit__(
        self,
        error: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            if self._upload_id:
                self._s3.abort_multipart_upload(**self._place, UploadId=self._upload_id)
        elif self._upload_id:
            self._send_part()
            self._s3.complete_multipart_upload(
                **self._place, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
            )
        elif self._buffer:
            self._s3.put_object(**self._place, Body=bytes(self._buffer))

    def _send_part(self) -> None:
        if not self._buffer:
            return
        if self._upload_id is None:
            self._upload_id = self._s3.create_multipart_upload(**self._place)["UploadId"]
        number = len(self._parts) + 1
        answer = self._s3.upload_part(
            **self._place, UploadId=self._upload_id, PartNumber=number, Body=bytes(self._buffer)
        )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self._buffer.clear()
