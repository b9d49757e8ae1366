"""A file of 200 MB through the check: every row is counted, and no more memory is needed than for 20 MB."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from patterns.segment_import.source import Source

ROOT = Path(__file__).resolve().parents[3]
MB = 1024 * 1024
HEADER = b"ChannelType,Address,Id,Attributes.Plan,User.UserAttributes.Name\n"
GOOD = b"CUSTOM,https://inbox.example.com/%s,an-endpoint-id,gold,Ann\n" % (b"x" * 960)
BAD = b"CUSTOM,,%s,gold,Ann\n" % (b"x" * 1000)
# One in a thousand, and not at a chunk's beginning.
BLOCK = GOOD * 997 + BAD + GOOD * 2
ROWS_OF_A_BLOCK = 1000
BAD_ROW_OF_A_BLOCK = 998


class _Body:
    """An object that is made while it is read."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks

    def __enter__(self) -> "_Body":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        waiting = HEADER
        for _ in range(self._blocks):
            waiting += BLOCK
            while len(waiting) >= size:
                yield waiting[:size]
                waiting = waiting[size:]
        yield waiting


class _S3:
    """A bucket with one big file; of what is uploaded in parts it keeps the sizes."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, list[int]] = {}

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": _Body(self._blocks)}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[Key] = Body

    def create_multipart_upload(self, *, Key: str, **_: Any) -> dict[str, str]:  # noqa: N803
        self.parts[Key] = []
        return {"UploadId": Key}

    def upload_part(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, str]:  # noqa: N803
        self.parts[Key].append(len(Body))
        return {"ETag": f'"{len(self.parts[Key])}"'}

    def complete_multipart_upload(self, *, MultipartUpload: dict[str, Any], **_: Any) -> None:  # noqa: N803
        assert [part["PartNumber"] for part in MultipartUpload["Parts"]] == [
            *range(1, 1 + len(MultipartUpload["Parts"]))
        ]


@dataclass(frozen=True)
class Checked:
    """What became of a file.

    Attributes:
        size: Bytes of the file.
        answer: The check's.
        accepted_bytes: Size of the object to import.
        quarantined_lines: Line numbers of the bad rows.
        peak: The most memory the process has had so far, in the platform's unit.
    """

    size: int
    answer: dict[str, Any]
    accepted_bytes: int
    quarantined_lines: list[int]
    peak: int


def _checked(blocks: int) -> Checked:
    from patterns.segment_import.check import check

    s3 = _S3(blocks)
    size = len(HEADER) + blocks * len(BLOCK)
    answer = check(s3, Source("files", "segments/vip/big.csv", "", "1", size))
    lines = [json.loads(entry)["line"] for entry in s3.objects[answer["quarantine_key"]].splitlines()]
    accepted = sum(s3.parts[answer["accepted_key"]])
    return Checked(size, answer, accepted, lines, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def test_a_file_of_200_mb_needs_no_more_memory_than_one_of_20() -> None:
    # A process starts with the peak of the one that started it: a shell's is small.
    command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, __file__, "20", "200"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "lambda_src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    small, big = (Checked(**each) for each in json.loads(ran.stdout))

    for file, megabytes in ((small, 20), (big, 200)):
        blocks = megabytes * MB // len(BLOCK) + 1
        rows = blocks * ROWS_OF_A_BLOCK
        assert file.size >= megabytes * MB
        assert file.answer["outcome"] == "READY"
        assert (file.answer["rows"], file.answer["accepted"]) == (rows, rows - blocks)
        assert file.answer["quarantined_by_reason"] == {"missing_address": blocks}
        assert file.accepted_bytes == file.size - blocks * len(BAD)
        # The header is line 1.
        assert file.quarantined_lines == [
            1 + number * ROWS_OF_A_BLOCK + BAD_ROW_OF_A_BLOCK for number in range(blocks)
        ]
    assert big.peak <= 1.2 * small.peak


if __name__ == "__main__":
    sizes = [int(argument) * MB for argument in sys.argv[1:]]
    sys.stdout.write(json.dumps([asdict(_checked(size // len(BLOCK) + 1)) for size in sizes]))
