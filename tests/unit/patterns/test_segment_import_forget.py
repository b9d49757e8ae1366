"""Who is erased is in no version of any file any more, and nobody else loses what is still needed."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns.forget.person import person
from patterns.segment_import.forget import ImportFiles

BUCKET = "files"
PERSON = person("u-1", (), ("jane@example.com",))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def erased(s3: Any) -> int:
    """How many versions one erasure removes, page by page."""
    store, after, removed = ImportFiles(s3, BUCKET), None, 0
    while True:
        swept = store.sweep(PERSON, after)
        removed += swept.removed
        if (after := swept.after) is None:
            return removed


def put(s3: Any, key: str, *rows: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body="\n".join(rows).encode())


def quarantined(*rows: str) -> list[str]:
    return [json.dumps({"line": 2, "reason": "tab_in_value", "detail": "", "row": row}) for row in rows]


def versions(s3: Any) -> list[tuple[str, bytes]]:
    found = s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
    return [
        (
            each["Key"],
            s3.get_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])["Body"].read(),
        )
        for each in found
    ]


@pytest.mark.parametrize("prefix", ["segments/vip/", "sends/vip/", "endpoints/", "changes/", "accepted/"])
def test_a_file_that_names_the_person_is_gone_in_every_version_and_never_put_again(
    s3: Any, prefix: str
) -> None:
    put(s3, f"{prefix}file", "ChannelType,Address", "EMAIL,Jane@example.com")
    put(s3, f"{prefix}file", '{"User": {"UserId": "u-1"}}')
    put(s3, f"{prefix}other", "EMAIL,ben@example.com")
    assert erased(s3) == 2
    assert [key for key, _ in versions(s3)] == [f"{prefix}other"]


def test_rows_of_others_stay_in_quarantine(s3: Any) -> None:
    theirs, others = quarantined("a\tjane@example.com"), quarantined("EMAIL,ben", "SMS,kim")
    put(s3, "quarantine/vip/1.jsonl", *others, *theirs)
    put(s3, "quarantine/vip/2.jsonl", *theirs)
    assert erased(s3) == 2
    ((key, kept),) = versions(s3)
    assert (key, kept.decode().splitlines()) == ("quarantine/vip/1.jsonl", others)


def test_an_earlier_version_in_quarantine_does_not_come_back(s3: Any) -> None:
    put(s3, "quarantine/vip/1.jsonl", *quarantined("jane@example.com", "old"))
    put(s3, "quarantine/vip/1.jsonl", *quarantined("new"))
    erased(s3)
    assert [json.loads(kept)["row"] for _, kept in versions(s3)] == ["new"]


def test_whose_address_or_id_only_contains_the_persons_is_somebody_else(s3: Any) -> None:
    put(
        s3,
        "segments/vip/file",
        "mary-jane@example.com,u-10",
        "x+jane@example.com,u-1b",
        "jane@example.com.au",
    )
    assert erased(s3) == 0


def test_many_files_are_looked_through_in_pages_that_may_be_repeated(s3: Any) -> None:
    for number in range(13):
        put(s3, f"accepted/{number:02d}", "jane@example.com" if number % 2 else "ben@example.com")
    store, after, pages, removed = ImportFiles(s3, BUCKET), None, 0, 0
    while True:
        swept = store.sweep(PERSON, after)
        # What an answer that was lost asked for is asked for again.
        removed, pages = removed + swept.removed + store.sweep(PERSON, after).removed, pages + 1
        if (after := swept.after) is None:
            break
    assert (removed, len(versions(s3))) == (6, 7)
    assert pages >= 8
