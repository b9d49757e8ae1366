"""Import jobs over moto: their life, their counts, their segment."""

import gzip
import json
from typing import Any

import boto3
import pytest

from engine.errors import Forbidden
from tests.support.engine_works import BUCKET, Works, client_error

HEADER = "ChannelType,Address,Id,OptOut\n"


def _rows(count: int, start: int = 0) -> str:
    return "".join(f"CUSTOM,inbox-{i},id-{i},NONE\n" for i in range(start, start + count))


def _endpoint(works: Works, endpoint_id: str) -> dict[str, Any]:
    found: dict[str, Any] = works.pinpoint.get_endpoint(ApplicationId=works.app, EndpointId=endpoint_id)[
        "EndpointResponse"
    ]
    return found


def _segment(works: Works, segment_id: str) -> dict[str, Any]:
    found: dict[str, Any] = works.pinpoint.get_segment(ApplicationId=works.app, SegmentId=segment_id)[
        "SegmentResponse"
    ]
    return found


def test_a_job_counts_its_rows_and_names_the_bad_ones_by_line_and_byte(works: Works) -> None:
    bad = "EMAIL,nobody,id-x,NONE\n"
    job = works.import_file(HEADER + _rows(2) + bad + _rows(1, 2) + 'CUSTOM,"x,y,NONE\n')
    assert job["JobStatus"] == "COMPLETED"
    assert (job["TotalPieces"], job["CompletedPieces"], job["FailedPieces"]) == (1, 1, 0)
    assert (job["TotalProcessed"], job["TotalFailures"]) == (5, 2)
    byte = len(HEADER + _rows(2))
    assert job["Failures"] == [
        f"file.csv line 4 (byte {byte}): Address must be an e-mail address for ChannelType EMAIL",
        f"file.csv line 6 (byte {byte + len(bad + _rows(1, 2))}): a stray quote",
    ]
    assert "CompletionDate" in job
    assert _segment(works, job["Definition"]["SegmentId"])["ImportDefinition"]["Size"] == 3


def test_a_big_file_is_cut_into_pieces_and_its_lines_are_counted_through(works: Works) -> None:
    filler = "x" * 90
    lines = [f"CUSTOM,inbox-{i}-{filler},id-{i},NONE\n" for i in range(3_000)]
    lines[2_500] = "CUSTOM,,,\n"
    job = works.import_file(HEADER + "".join(lines), RegisterEndpoints=False)
    assert job["JobStatus"] == "COMPLETED"
    assert job["TotalPieces"] == job["CompletedPieces"] > 1
    assert (job["TotalProcessed"], job["TotalFailures"]) == (3_000, 1)
    assert " line 2502 (byte " in job["Failures"][0]
    segment = _segment(works, job["Definition"]["SegmentId"])
    assert segment["ImportDefinition"]["Size"] == 2_999
    assert segment["ImportDefinition"]["ChannelCounts"] == {"CUSTOM": 2_999}


def test_every_message_twice_counts_every_row_once(works: Works) -> None:
    job = works.start_import(works.put("file.csv", HEADER + _rows(20) + "CUSTOM,,,\n"))
    works.run(copies=2)
    job = works.job(job["Id"])
    assert (job["CompletedPieces"], job["TotalProcessed"], job["TotalFailures"]) == (1, 21, 1)
    assert _segment(works, job["Definition"]["SegmentId"])["ImportDefinition"]["Size"] == 20


def test_a_row_without_an_id_makes_the_same_endpoint_however_often_it_is_read(works: Works) -> None:
    job = works.start_import(works.put("file.csv", "ChannelType,Address\nCUSTOM,inbox-1\nCUSTOM,inbox-2\n"))
    works.run(copies=3)
    segment_id = works.job(job["Id"])["Definition"]["SegmentId"]
    assert _segment(works, segment_id)["ImportDefinition"]["Size"] == 2


def test_an_endpoint_named_twice_is_one_member_and_the_last_row_counts(works: Works) -> None:
    job = works.import_file(HEADER + "CUSTOM,old,Id-1,NONE\nCUSTOM,new,id-1,NONE\n")
    assert job["TotalProcessed"] == 2
    assert _segment(works, job["Definition"]["SegmentId"])["ImportDefinition"]["Size"] == 1
    assert _endpoint(works, "ID-1")["Address"] == "new"


def test_endpoints_of_a_segment_alone_are_neither_saved_nor_overwritten(works: Works) -> None:
    works.import_file(HEADER + "CUSTOM,kept,id-1,NONE\n", DefineSegment=False)
    job = works.import_file(
        HEADER + "CUSTOM,other,id-1,NONE\nCUSTOM,new,id-2,NONE\n", RegisterEndpoints=False
    )
    assert _endpoint(works, "id-1")["Address"] == "kept"
    with pytest.raises(works.pinpoint.exceptions.NotFoundException):
        _endpoint(works, "id-2")
    works.send_campaign(job["Definition"]["SegmentId"])
    ((_, event),) = works.functions.calls
    assert {i: e["Address"] for i, e in event["Endpoints"].items()} == {"id-1": "other", "id-2": "new"}


def test_registering_alone_defines_no_segment(works: Works) -> None:
    job = works.import_file(HEADER + _rows(1), DefineSegment=False)
    assert job["JobStatus"] == "COMPLETED"
    assert "SegmentId" not in job["Definition"]
    assert _endpoint(works, "id-0")["EndpointStatus"] == "ACTIVE"


def test_a_new_endpoint_needs_its_address_and_a_known_one_does_not(works: Works) -> None:
    works.import_file(HEADER + _rows(1))
    job = works.import_file("Id,Attributes.Plan\nid-0,gold\nid-9,gold\n")
    assert job["Failures"] == ["file.csv line 3 (byte 29): a new endpoint needs Address and ChannelType"]
    assert _endpoint(works, "id-0")["Attributes"] == {"Plan": ["gold"]}


def test_rows_of_user_ids_make_a_segment_of_their_endpoints(works: Works) -> None:
    works.import_file(
        "ChannelType,Address,Id,User.UserId\nCUSTOM,a,a-1,ana\nCUSTOM,b,a-2,ana\nCUSTOM,c,b-1,ben\n",
        DefineSegment=False,
    )
    job = works.import_file("User.UserId\nben nobody ana noone\nana\n")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (5, 2)
    assert job["Failures"] == [
        "file.csv line 2 (byte 12): user 2 of 4 in this row has no endpoints",
        "file.csv line 2 (byte 12): user 4 of 4 in this row has no endpoints",
    ]
    assert _segment(works, job["Definition"]["SegmentId"])["ImportDefinition"]["Size"] == 3
    works.send_campaign(job["Definition"]["SegmentId"])
    assert sorted(works.functions.seen_by("channel")) == ["a-1", "a-2", "b-1"]


def test_a_json_line_names_one_user_whose_id_may_hold_spaces(works: Works) -> None:
    works.import_file(
        "ChannelType,Address,Id,User.UserId\nCUSTOM,a,a-1,ana maria\nCUSTOM,b,b-1,ana\n", DefineSegment=False
    )
    lines = [json.dumps({"User": {"UserId": name}}) for name in ("ana maria", "nobody")]
    job = works.import_file("\n".join(lines), Format="JSON", S3Url=f"s3://{BUCKET}/file.csv")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (2, 1)
    works.send_campaign(job["Definition"]["SegmentId"])
    assert works.functions.seen_by("channel") == ["a-1"]


def test_json_lines_are_read_each_alone(works: Works) -> None:
    lines = [
        json.dumps({"ChannelType": "CUSTOM", "Address": "a", "Id": "a", "Attributes": {"Plan": ["x", "y"]}}),
        "{",
        "",
        json.dumps({"ChannelType": "CUSTOM", "Address": "b", "Id": "b"}),
    ]
    job = works.import_file("\n".join(lines), Format="JSON", S3Url=f"s3://{BUCKET}/file.csv")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (3, 1)
    assert _endpoint(works, "a")["Attributes"] == {"Plan": ["x", "y"]}


def test_a_prefix_takes_its_folders_and_leaves_the_other_format(works: Works) -> None:
    works.put("in/a.csv", HEADER + _rows(1))
    works.put("in/deep/b.CSV", HEADER + _rows(1, 1))
    works.put("in/c.json", "{}")
    works.put("in/", "")
    job = works.start_import(f"s3://{BUCKET}/in/")
    works.run()
    job = works.job(job["Id"])
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalPieces"]) == ("COMPLETED", 2, 2)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("file.csv", b"", "file.csv is empty"),
        ("file.csv", b"%PDF-1.7\n", "its first line names no column of an endpoint definition"),
        ("file.csv", b"ChannelType,OptOut\n", "the header lacks a needed column"),
        ("file.csv", HEADER.encode("utf-16"), "is not UTF-8"),
        ("file.csv", b"Id," + b",".join(b"Attributes.a%d" % i for i in range(10_000)), "10001 columns"),
        ("file.csv.gz", b"x", "compressed files cannot be imported"),
        ("file.csv", gzip.compress(HEADER.encode(), mtime=0), "compressed files cannot be imported"),
        ("file.json", b"{}", "there is no CSV file at"),
    ],
    ids=[
        "empty",
        "not-csv",
        "no-address",
        "utf-16",
        "too-many-columns",
        "gz",
        "gzip-without-the-name",
        "other-format",
    ],
)
def test_a_file_that_cannot_be_imported_fails_the_job_with_the_reason(
    works: Works, name: str, content: bytes, reason: str
) -> None:
    works.put(f"in/{name}", content)
    job = works.start_import(f"s3://{BUCKET}/in/file" if name != "file.json" else f"s3://{BUCKET}/in/")
    works.run()
    job = works.job(job["Id"])
    assert job["JobStatus"] == "FAILED"
    assert reason in job["Failures"][0]
    assert not works.pump.dead


def test_a_missing_bucket_fails_the_job(works: Works) -> None:
    job = works.start_import("s3://no-such-bucket/file.csv")
    works.run()
    assert "cannot be read by" in works.job(job["Id"])["Failures"][0]


def test_a_role_that_refuses_the_engine_fails_the_job_with_the_reason(works: Works) -> None:
    asked: list[dict[str, Any]] = []

    class Refusing:
        def assume_role(self, **request: Any) -> None:
            asked.append(request)
            raise client_error("AccessDenied", 403)

    context = works.pump_context(sts=Refusing())
    job = works.start_import(works.put("file.csv", HEADER + _rows(1)))
    works.pump.run(context)
    failed = works.job(job["Id"])
    assert failed["JobStatus"] == "FAILED"
    assert "cannot be assumed" in failed["Failures"][0]
    assert asked[0]["ExternalId"] == context.application_arn(works.app)
    with pytest.raises(Forbidden):
        works.assumed("s3", context)


def test_a_file_that_changes_after_the_start_fails_its_pieces(works: Works) -> None:
    job = works.start_import(works.put("file.csv", HEADER + _rows(1)))
    works.run_one()
    works.put("file.csv", HEADER + _rows(5))
    works.run()
    failed = works.job(job["Id"])
    assert (failed["JobStatus"], failed["FailedPieces"]) == ("FAILED", 1)
    assert "file.csv was changed after the job had started" in failed["Failures"][0]


def test_a_poisoned_piece_ends_in_failed_pieces(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("engine.imports.batch.apply_changes", explode)
    job = works.import_file(HEADER + _rows(1))
    assert (job["JobStatus"], job["CompletedPieces"], job["FailedPieces"]) == ("FAILED", 0, 1)
    assert job["Failures"] == [
        f"file.csv bytes 0 to {len(HEADER + _rows(1))}: the piece could not be processed: MemoryError"
    ]
    assert not works.pump.dead


def test_a_piece_whose_worker_never_answered_is_failed_when_it_comes_again(works: Works) -> None:
    job = works.start_import(works.put("file.csv", HEADER + _rows(1)))
    works.run_one()
    works.run_one(attempt=4)
    assert works.job(job["Id"])["FailedPieces"] == 1


def test_a_segment_is_not_usable_before_its_job_has_completed(works: Works) -> None:
    job = works.start_import(works.put("file.csv", HEADER + _rows(1)))
    segment_id = works.job(job["Id"])["Definition"]["SegmentId"]
    with pytest.raises(works.pinpoint.exceptions.ClientError):
        works.start_campaign(segment_id)


def test_a_second_import_into_a_segment_replaces_its_members(works: Works) -> None:
    first = works.import_file(HEADER + _rows(3))
    segment_id = first["Definition"]["SegmentId"]
    works.import_file(HEADER + _rows(2, 2), SegmentId=segment_id)
    segment = _segment(works, segment_id)
    assert (segment["Version"], segment["ImportDefinition"]["Size"]) == (2, 2)
    works.send_campaign(segment_id)
    assert sorted(works.functions.seen_by("channel")) == ["id-2", "id-3"]


def test_a_deleted_application_leaves_its_job_alone(works: Works) -> None:
    works.start_import(works.put("file.csv", HEADER + _rows(1)))
    boto3.client("s3", region_name="us-east-1").delete_object(Bucket=BUCKET, Key="file.csv")
    works.run()
    assert not works.pump.dead
