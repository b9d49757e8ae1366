"""Import jobs as they are asked for; the work itself is the import worker's."""

import json
from typing import Any

import pytest

from engine.operations.documents import segment_key
from engine.store import Edit
from tests.support.engine_world import World

ROLE = "arn:aws:iam::123456789012:role/import"


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "Format": "CSV",
        "S3Url": "s3://bucket/people.csv",
        "RoleArn": ROLE,
        "RegisterEndpoints": True,
        "DefineSegment": True,
        "SegmentName": "people",
    } | changes


def create(pinpoint: Any, app: str, **changes: Any) -> dict[str, Any]:
    request = {name: value for name, value in definition(**changes).items() if value is not None}
    answer = pinpoint.create_import_job(ApplicationId=app, ImportJobRequest=request)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    job: dict[str, Any] = answer["ImportJobResponse"]
    return job


def test_a_job_is_created_with_its_segment_and_asks_for_its_plan(
    pinpoint: Any, app: str, world: World
) -> None:
    job = create(pinpoint, app)

    assert job["JobStatus"] == "CREATED"
    assert job["Type"] == "IMPORT"
    assert [json.loads(body) for body in world.messages("imports")] == [
        {"Kind": "plan", "ApplicationId": app, "JobId": job["Id"]}
    ]
    segment = pinpoint.get_segment(ApplicationId=app, SegmentId=job["Definition"]["SegmentId"])
    assert segment["SegmentResponse"]["SegmentType"] == "IMPORT"
    assert segment["SegmentResponse"]["Name"] == "people"
    assert segment["SegmentResponse"]["ImportDefinition"]["S3Url"] == "s3://bucket/people.csv"
    assert pinpoint.get_import_job(ApplicationId=app, JobId=job["Id"])["ImportJobResponse"] == job
    assert pinpoint.get_import_jobs(ApplicationId=app)["ImportJobsResponse"]["Item"] == [job]


def test_a_job_without_a_segment_defines_none(pinpoint: Any, app: str) -> None:
    job = create(pinpoint, app, DefineSegment=False)

    assert "SegmentId" not in job["Definition"]
    assert pinpoint.get_segments(ApplicationId=app)["SegmentsResponse"]["Item"] == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"RegisterEndpoints": False, "DefineSegment": False}, "RegisterEndpoints or DefineSegment"),
        ({"RegisterEndpoints": None, "DefineSegment": None}, "RegisterEndpoints or DefineSegment"),
        ({"Format": "XML"}, "Format must be one of CSV, JSON, got 'XML'"),
        ({"S3Url": "https://bucket/people.csv"}, "S3Url must be s3://bucket"),
        ({"S3Url": "s3://bucket"}, "S3Url must be s3://bucket"),
        ({"RoleArn": "role"}, "RoleArn must be a role's ARN"),
        ({"DefineSegment": False, "SegmentId": "s"}, "only allowed when DefineSegment"),
    ],
)
def test_a_job_that_could_not_run_is_refused(
    pinpoint: Any, app: str, world: World, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        create(pinpoint, app, **changes)

    assert world.messages("imports") == []


def test_an_omitted_flag_counts_as_false(pinpoint: Any, app: str) -> None:
    job = create(pinpoint, app, RegisterEndpoints=None)

    assert job["Definition"]["RegisterEndpoints"] is False


def test_a_job_that_names_a_segment_makes_its_next_version(pinpoint: Any, app: str) -> None:
    first = create(pinpoint, app)
    segment_id = first["Definition"]["SegmentId"]

    second = create(pinpoint, app, SegmentId=segment_id, SegmentName=None)

    assert second["Definition"]["SegmentId"] == segment_id
    segment = pinpoint.get_segment(ApplicationId=app, SegmentId=segment_id)["SegmentResponse"]
    assert (segment["Version"], segment["Name"]) == (2, "people")
    jobs = pinpoint.get_segment_import_jobs(ApplicationId=app, SegmentId=segment_id, PageSize="1")
    assert len(jobs["ImportJobsResponse"]["Item"]) == 1
    more = pinpoint.get_segment_import_jobs(
        ApplicationId=app, SegmentId=segment_id, Token=jobs["ImportJobsResponse"]["NextToken"]
    )
    seen = {job["Id"] for page in (jobs, more) for job in page["ImportJobsResponse"]["Item"]}
    assert seen == {first["Id"], second["Id"]}


def test_a_job_into_a_dynamic_or_unknown_segment_is_refused(pinpoint: Any, app: str) -> None:
    dynamic = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "d", "Dimensions": {}})[
        "SegmentResponse"
    ]["Id"]

    with pytest.raises(pinpoint.exceptions.BadRequestException, match="must name an imported segment"):
        create(pinpoint, app, SegmentId=dynamic)
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        create(pinpoint, app, SegmentId="f" * 32)


def test_an_unknown_job_is_not_found(pinpoint: Any, app: str) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_import_job(ApplicationId=app, JobId="f" * 32)


def test_a_campaign_on_a_segment_whose_import_goes_on_is_refused(
    pinpoint: Any, app: str, world: World
) -> None:
    segment_id = create(pinpoint, app)["Definition"]["SegmentId"]
    campaign = {
        "Name": "c",
        "SegmentId": segment_id,
        "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"EmailMessage": {"Title": "t", "Body": "b"}},
    }
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="is not COMPLETED: it is PENDING"):
        pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=campaign)

    head = world.context.store.get(segment_key(app, segment_id))
    assert head is not None
    ready = head.doc | {"_": {**head.doc["_"], "Status": "READY"}}
    world.context.store.write([Edit(head.key, ready, head.version)])
    pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=campaign)
