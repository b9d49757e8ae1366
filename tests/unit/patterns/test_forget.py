"""A person is erased from each kind of store, in steps that may be repeated, and nobody else is."""

import gzip
import json
from collections.abc import Iterator
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns.forget.endpoints import ProjectEndpoints
from patterns.forget.erasing import InvalidRequest, request_of, step
from patterns.forget.letters import LettersStore
from patterns.forget.lines import LinesStore
from patterns.forget.person import Person, person
from patterns.forget.stores import NoSuchStore, Swept, stores_of
from patterns.forget.tables import TableStore

JANE: Final = person("jane", ("E-Jane",), ("jane@example.com", "+14255550100"))
BUCKET: Final = "archive"
PREFIX: Final = "events/application_id=a/"
KEY: Final = f"{PREFIX}event_type=other/day=2026-11-24/16-one.json.gz"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def never() -> bool:
    return False


def whole(store: Any, whom: Person = JANE) -> int:
    removed: int = step(request_of({"user_id": "-"}).about(whom), {"store": store}, never)["removed"]["store"]
    return removed


@pytest.mark.parametrize(
    "document",
    [
        {"user_id": "jane"},
        {"client": {"client_id": "e-jane"}},
        {"EndpointId": "E-JANE"},
        {"mail": {"destination": ["jane@example.com"]}},
        {"mail": {"destination": ["Jane@Example.com"]}},
        {"attributes": {"destination_phone_number": "+14255550100"}},
        {"client_context": {"custom": {"endpoint": '{"User": {"UserId": "jane"}}'}}},
        {"endpoint": '{"Address": "jane@example.com", cut off'},
        {"Endpoints": {"E-Jane": {}}},
        {"Addresses": {"+14255550100": {}}},
        {"pk": "USER#jane"},
        {"pk": "ENDPOINT#e-jane"},
    ],
)
def test_a_document_that_names_the_person_is_known(document: Any) -> None:
    assert JANE.named_in(document)


@pytest.mark.parametrize(
    "document",
    [
        {"user_id": "janet"},
        {"event_type": "jane"},
        {"mail": {"destination": ["mary.jane@example.com"]}},
        {"pk": "USER#janet"},
        {"pk": "TOPIC#jane"},
        {"user_id": ""},
        {"number": 5, "nothing": None, "list": []},
        "{" * 5_000,
    ],
)
def test_a_document_of_somebody_else_is_not(document: Any) -> None:
    assert not JANE.named_in(document)


def test_an_unknown_user_is_not_everybody_without_one() -> None:
    assert not person(addresses=("jane@example.com",)).named_in({"user_id": "", "pk": "USER#"})


def test_an_id_that_is_a_common_word_is_only_looked_for_among_ids() -> None:
    assert not person("EMAIL", ("active",)).named_in({"ChannelType": "EMAIL", "status": "active"})


def archived(s3: Any) -> dict[str, list[Any]]:
    """Every version of every object."""
    versions = s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
    return {
        f"{each['Key']}@{each['VersionId']}": [
            json.loads(line)
            for line in gzip.decompress(
                s3.get_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])["Body"].read()
            ).splitlines()
        ]
        for each in versions
    }


def bucket_with(*files: tuple[str, list[Any]]) -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key, events in files:
        lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(lines))
    return s3


@pytest.mark.usefixtures("aws")
def test_an_archive_keeps_everybody_elses_events_and_no_version_with_the_persons() -> None:
    other = {"client": {"client_id": "e-other"}}
    s3 = bucket_with(
        (KEY, [{"user_id": "jane"}]),
        (KEY, [{"client": {"client_id": "e-jane"}}, other]),
        (f"{PREFIX}all-hers.json.gz", [{"user_id": "jane"}, {"user_id": "jane"}]),
        (f"{PREFIX}others.json.gz", [other]),
        ("errors/of-another-kind", [{"user_id": "jane"}]),
    )
    store = LinesStore(s3, BUCKET, PREFIX)
    assert whole(store) == 4
    left = {key: events for key, events in archived(s3).items() if key.startswith(PREFIX)}
    assert list(left.values()) == [[other], [other]]
    assert whole(store) == 0


@pytest.mark.usefixtures("aws")
def test_an_archive_of_many_files_is_swept_by_pages_that_may_be_repeated() -> None:
    files = [(f"{PREFIX}{n:03d}.json.gz", [{"user_id": "jane"}, {"user_id": f"u{n}"}]) for n in range(45)]
    s3 = bucket_with(*files)
    store, after, pages, removed = LinesStore(s3, BUCKET, PREFIX), None, 0, 0
    while True:
        swept = store.sweep(JANE, after)
        removed, pages = removed + swept.removed, pages + 1
        # What an answer that was lost asked for is asked for again.
        removed += store.sweep(JANE, after).removed
        if (after := swept.after) is None:
            break
    assert removed == 45
    assert pages >= 3
    assert sorted(events[0]["user_id"] for events in archived(s3).values()) == sorted(
        f"u{n}" for n in range(45)
    )


@pytest.mark.usefixtures("aws")
def test_items_of_a_table_that_name_the_person_go() -> None:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="inbox",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    items = [
        ("USER#jane", "1", "e-x"),
        ("USER#jane", "2", "e-x"),
        ("USER#joe", "1", "E-Jane"),
        ("USER#joe", "2", "e-y"),
    ]
    for pk, sk, endpoint in items:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, "endpoint_id": {"S": endpoint}, "read": {"BOOL": True}}
        dynamodb.put_item(TableName="inbox", Item=item)
    assert whole(TableStore(dynamodb, "inbox", ("pk", "sk"))) == 3
    (left,) = dynamodb.scan(TableName="inbox")["Items"]
    assert (left["pk"], left["sk"]) == ({"S": "USER#joe"}, {"S": "2"})


@pytest.mark.usefixtures("aws")
def test_dead_letters_of_others_and_what_is_no_json_stay() -> None:
    sqs = boto3.client("sqs")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "empty", "long")]
    bodies = ['{"user_id": "jane"}', '{"user_id": "joe"}', "rubbish", "rubbish of Jane@example.com"]
    for body in bodies:
        sqs.send_message(QueueUrl=urls[0], MessageBody=body)
    for number in range(25):
        sqs.send_message(QueueUrl=urls[2], MessageBody=json.dumps({"user_id": "jane", "number": number}))
    assert whole(LettersStore(sqs, urls)) == 27
    left = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
        for url in urls
    ]
    counts = [each["Attributes"]["ApproximateNumberOfMessagesNotVisible"] for each in left]
    assert counts == ["2", "0", "0"]


@pytest.mark.usefixtures("aws")
def test_items_below_another_prefix_are_somebody_elses_to_delete() -> None:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="engine",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    member = json.dumps({"Id": "m-1", "Endpoint": {"Address": "jane@example.com"}})
    for pk in ("MEMBERS#a#s#000", "MEMBERS#b#s#000", "EP#a#000"):
        item = {"pk": {"S": pk}, "sk": {"S": "m-1"}, "doc": {"S": member}}
        dynamodb.put_item(TableName="engine", Item=item)
    assert whole(TableStore(dynamodb, "engine", ("pk", "sk"), "MEMBERS#a#")) == 1
    left = [item["pk"]["S"] for item in dynamodb.scan(TableName="engine")["Items"]]
    assert sorted(left) == ["EP#a#000", "MEMBERS#b#s#000"]


@pytest.mark.usefixtures("aws")
def test_plain_lines_lose_the_persons_and_stay_plain() -> None:
    s3 = bucket_with()
    decisions = [{"endpoint_id": "e-jane", "user_id": ""}, {"endpoint_id": "e-joe", "user_id": "joe"}]
    body = b"".join(json.dumps(each).encode() + b"\n" for each in decisions)
    s3.put_object(Bucket=BUCKET, Key="audit/a/c/r/1.jsonl", Body=body)
    assert whole(LinesStore(s3, BUCKET, "audit/a/")) == 1
    (version,) = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    left = s3.get_object(Bucket=BUCKET, Key=version["Key"])["Body"].read()
    assert left == body.splitlines(keepends=True)[1]


@pytest.mark.usefixtures("aws")
def test_stores_are_opened_by_what_describes_them_and_dead_letters_are_one() -> None:
    stores = stores_of(
        [
            {"name": "first", "eraser": "patterns.forget.letters:store", "place": "https://one"},
            {"name": "inbox", "eraser": "patterns.forget.tables:store", "place": "t", "keys": "pk,sk"},
            {"name": "second", "eraser": "patterns.forget.letters:store", "place": "https://two"},
            {"name": "files", "eraser": "patterns.forget.lines:store", "place": "b", "prefix": "p/"},
            {"name": "lost", "eraser": "patterns.nowhere:store", "place": "p"},
        ]
    )
    assert list(stores) == ["inbox", "files", "lost", "dead letters"]
    letters, inbox, files = stores["dead letters"], stores["inbox"], stores["files"]
    assert isinstance(letters, LettersStore)
    assert letters.urls == ("https://one", "https://two")
    assert isinstance(inbox, TableStore)
    assert (inbox.name, inbox.keys) == ("t", ("pk", "sk"))
    assert isinstance(files, LinesStore)
    assert (files.bucket, files.prefix) == ("b", "p/")
    assert stores["inbox"] is inbox
    with pytest.raises(NoSuchStore, match=r"patterns\.nowhere:store"):
        stores["lost"]


def test_no_store_is_no_letters_either() -> None:
    assert not stores_of([])


class Pages:
    """A store of so many pages, one find each."""

    def __init__(self, pages: int) -> None:
        self.pages = pages

    def sweep(self, person: Person, after: Any) -> Swept:
        assert person == JANE
        page = after["Page"] if after else 1
        return Swept(1, {"Page": page + 1} if page < self.pages else None)


def test_steps_that_end_after_each_page_come_to_the_end_with_all_counts() -> None:
    stores = {"first": Pages(3), "second": Pages(1), "third": Pages(2)}
    event: dict[str, Any] = {"user_id": "jane"}
    steps = 0
    while True:
        answer = step(request_of(json.loads(json.dumps(event))).about(JANE), stores, lambda: True)
        steps += 1
        if answer["done"]:
            break
        event["next"] = answer["next"]
    assert answer == {"done": True, "removed": {"first": 3, "second": 1, "third": 2}}
    assert steps == 4


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ([], "JSON object"),
        ({}, "must say who"),
        ({"user_id": "", "addresses": [""]}, "must say who"),
        ({"user_id": 5}, "user_id must be a text"),
        ({"endpoint_ids": "e-1"}, "endpoint_ids must be a list of texts"),
        ({"addresses": [5]}, "addresses must be a list of texts"),
        ({"user_id": "u", "next": "x"}, "next must be"),
        ({"user_id": "u", "next": {"store": "s", "after": "x"}}, "next must be"),
    ],
)
def test_a_request_that_says_nobody_or_nonsense_is_refused(event: Any, problem: str) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        request_of(event)


def test_a_place_in_an_unknown_store_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="begin anew"):
        step(request_of({"user_id": "u", "next": {"store": "gone"}}), {"here": Pages(1)}, never)


class Project:
    """Endpoints of a project."""

    def __init__(self, *endpoints: dict[str, Any]) -> None:
        self.endpoints = {each["Id"].lower(): each for each in endpoints}

    def get_user_endpoints(self, *, ApplicationId: str, UserId: str) -> Any:  # noqa: N803
        found = [each for each in self.endpoints.values() if each["User"]["UserId"] == UserId]
        return {"EndpointsResponse": {"Item": found}} if found else self._absent(ApplicationId)

    def get_endpoint(self, *, ApplicationId: str, EndpointId: str) -> Any:  # noqa: N803
        found = self.endpoints.get(EndpointId.lower())
        return {"EndpointResponse": found} if found else self._absent(ApplicationId)

    def delete_endpoint(self, *, ApplicationId: str, EndpointId: str) -> Any:  # noqa: N803
        found = self.endpoints.pop(EndpointId.lower(), {"Id": EndpointId})
        return {"EndpointResponse": {**found, "ApplicationId": ApplicationId}}

    def _absent(self, application_id: str) -> None:
        raise ClientError({"Error": {"Code": "NotFoundException", "Message": application_id}}, "Get")


def test_the_project_says_what_else_a_person_is_known_by_and_forgets_it() -> None:
    project = Project(
        {"Id": "E-1", "Address": "jane@example.com", "User": {"UserId": "jane"}},
        {"Id": "E-2", "User": {"UserId": "jane"}},
        {"Id": "E-3", "Address": "joe@example.com", "User": {"UserId": "joe"}},
    )
    endpoints = ProjectEndpoints(project, "a")
    whom = endpoints.resolve(person("jane", ("gone",)))
    assert whom == person("jane", ("e-1", "e-2", "gone"), ("jane@example.com",))
    assert endpoints.erase(whom) == 2
    assert endpoints.erase(whom) == 0
    assert set(project.endpoints) == {"e-3"}


def test_an_endpoint_alone_says_its_address() -> None:
    project = Project({"Id": "E-3", "Address": "joe@example.com", "User": {"UserId": "joe"}})
    whom = ProjectEndpoints(project, "a").resolve(person(endpoint_ids=("E-3",)))
    assert whom == person("", ("e-3",), ("joe@example.com",))


def test_what_logs_may_say_of_a_person_is_the_same_each_time_and_shows_nothing() -> None:
    assert JANE.digest == person("jane", ("e-jane",), ("+14255550100", "jane@example.com")).digest
    assert JANE.digest != person("jane").digest
    assert "jane" not in JANE.digest
