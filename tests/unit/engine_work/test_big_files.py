"""A file of 200 MB: planned from its first line, read a piece at a time, in memory that does not grow."""

import io
import tracemalloc
from collections.abc import Iterator
from typing import Any

from engine.imports.lines import MAX_LINE, first_byte, lines_between
from engine.imports.plan import plan_job
from engine.imports.rows import EndpointRow, read_csv_row, read_header
from engine.imports.source import Source, SourceFile
from tests.support.engine_works import ROLE, Works

HEADER = b"ChannelType,Address,Id\n"
ROW = b"CUSTOM,inbox-of-somebody-with-a-long-name,some-endpoint-id-of-forty-characters\n"
ROWS = 200 * 1024 * 1024 // len(ROW)
SIZE = len(HEADER) + ROWS * len(ROW)


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class _S3:
    """A bucket with one file that nobody has to hold."""

    def __init__(self) -> None:
        self.bytes_read = 0

    def get_paginator(self, _: str) -> "_S3":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"KeyCount": 1, "Contents": [{"Key": "big.csv", "ETag": '"1"', "Size": SIZE}]}]

    def get_object(self, *, Range: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        start, end = map(int, Range.removeprefix("bytes=").split("-"))
        whole = (start - len(HEADER)) // len(ROW)
        content = ROW * ((end - start) // len(ROW) + 3)
        offset = start - len(HEADER) - whole * len(ROW)
        if start < len(HEADER):
            content, offset = HEADER + content, start
        self.bytes_read += end + 1 - start
        return {"Body": _Body(content[offset : offset + end + 1 - start])}


def test_the_plan_reads_no_more_than_the_beginning(works: Works) -> None:
    s3 = _S3()
    application = works.context.application_arn(works.app)
    works.context.memory.recall(("role", "s3", ROLE, application), 600, lambda: s3)
    job = works.start_import("s3://customer-imports/big.csv")
    works.pump.waiting.clear()
    plan_job(works.context, works.app, job["Id"], attempt=1)
    assert works.job(job["Id"])["TotalPieces"] == len(works.pump.waiting) == -(-SIZE // (1024 * 1024))
    assert s3.bytes_read <= 3 * 1024 * 1024


def test_pieces_side_by_side_read_every_row_once_in_little_memory() -> None:
    source = Source(_S3(), "bucket", "big.csv")
    file = SourceFile("big.csv", '"1"', SIZE)
    columns = read_header(HEADER)
    length = 2 * 1024 * 1024
    starts = [0, length, 2 * length, SIZE // length * length]
    rows = 0
    tracemalloc.start()
    for start in starts:
        end = min(start + length, SIZE)
        for line in lines_between(source.read(file, first_byte(start), end + MAX_LINE), start, end):
            assert line.content is not None
            if line.offset:
                assert isinstance(read_csv_row(columns, line.content, "derived"), EndpointRow)
                assert (line.offset - len(HEADER)) % len(ROW) == 0
                rows += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    first = -(-(3 * length - len(HEADER)) // len(ROW))
    last = ROWS + (len(HEADER) - starts[-1]) // len(ROW)
    assert rows == first + last
    assert peak < 16 * 1024 * 1024
