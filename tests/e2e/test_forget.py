"""Somebody is put wherever the patterns keep people, is erased by one operation, and is nowhere any more."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from embedded.demo.account import Account
from embedded.demo.handsets import two_way_number, write
from embedded.demo.signed_caller import SignedCaller
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually
from tests.support.everywhere import places_of
from tests.support.payloads import payload

pytestmark = pytest.mark.e2e
# Several functions, one after the other: seconds, more on a busy laptop.
WITHIN = 60.0


@dataclass(frozen=True)
class Person:
    """Somebody with an endpoint for mail and one for text messages."""

    account: Account
    mark: str

    @property
    def name(self) -> str:
        return f"user-{self.mark}"

    @property
    def address(self) -> str:
        return f"{self.mark}@example.com"

    @property
    def texts(self) -> list[str]:
        """What they are known by."""
        return [self.name, self.address, self.phone]

    @property
    def phone(self) -> str:
        return f"+1425{int(hashlib.sha256(self.mark.encode()).hexdigest(), 16) % 10**7:07d}"

    @property
    def application_id(self) -> str:
        return self.account.output("Project", "ApplicationId")

    @property
    def endpoints(self) -> dict[str, dict[str, Any]]:
        user = {"UserId": self.name}
        return {
            f"mail-{self.name}": {"ChannelType": "EMAIL", "Address": self.address, "User": user},
            f"phone-{self.name}": {"ChannelType": "SMS", "Address": self.phone, "User": user},
        }

    @property
    def row(self) -> dict[str, Any]:
        """The endpoint for mail as files have it."""
        return {"Id": f"mail-{self.name}", "OptOut": "NONE", **self.endpoints[f"mail-{self.name}"]}

    def found(self) -> list[dict[str, Any]]:
        """The endpoints that the project has."""
        try:
            answer = self.account.client("pinpoint").get_user_endpoints(
                ApplicationId=self.application_id, UserId=self.name
            )
        except ClientError:
            return []
        return list(answer["EndpointsResponse"]["Item"])

    def is_ready(self) -> bool:
        """Whether both endpoints are there, and an offer on each."""
        offers = [each["User"].get("UserAttributes", {}).get("Offer") for each in self.found()]
        return len(offers) == 2 and all(offers)

    def batch(self, campaign: str, **more: Any) -> dict[str, Any]:
        """What hooks and channels are told of both endpoints."""
        return {
            "ApplicationId": self.application_id,
            "CampaignId": campaign,
            "ActivityId": campaign,
            "TreatmentId": "0",
            "ScheduledTime": "2026-01-01T00:00:00.000Z",
            "Endpoints": self.endpoints,
            **more,
        }


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def synced(person: Person) -> None:
    """Another system says who they are, in the AudienceSync."""
    changes = [{"Id": name, "OptOut": "NONE", **each} for name, each in person.endpoints.items()]
    body = {"kind": "update", "version": 1, "endpoints": changes}
    url = person.account.output("AudienceSync", "QueueUrl")
    person.account.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))


def texted(person: Person) -> None:
    """They write to a number of ours; the safety catch refuses the reply, since they are no simulator."""
    account = person.account
    topic = account.output("TwoWaySms", "TopicArn")
    number = two_way_number(account.client("pinpoint-sms-voice-v2"), topic, self_managed=True)
    assert write(account.endpoint, person.phone, "hours", number=number)["Published"]


def dropped(person: Person, other: Person) -> None:
    """A file with a good row and a bad one of theirs, and a good one of somebody else's."""
    bad = {"Address": person.address, "ChannelType": "FAX"}
    body = lines(person.row, bad, other.row)
    put(person, "SegmentImport", "BucketName", f"segments/{person.mark}/file", body)


def imported(person: Person) -> None:
    """They are in a segment of people who are no endpoints of the project."""
    member = {**person.row, "Id": f"member-{person.name}"}
    put(person, "SegmentImport", "BucketName", f"accepted/{person.mark}/file", lines(member))
    roles = person.account.client("iam").get_paginator("list_roles").paginate()
    (role,) = (
        each["Arn"]
        for page in roles
        for each in page["Roles"]
        if each["RoleName"].startswith("SegmentImport-ImportImportRole")
    )
    bucket = person.account.output("SegmentImport", "BucketName")
    request = {
        "Format": "JSON",
        "S3Url": f"s3://{bucket}/accepted/{person.mark}/",
        "RoleArn": role,
        "DefineSegment": True,
        "RegisterEndpoints": False,
        "SegmentName": person.mark,
    }
    pinpoint, app = person.account.client("pinpoint"), {"ApplicationId": person.application_id}
    job = pinpoint.create_import_job(**app, ImportJobRequest=request)["ImportJobResponse"]["Id"]

    def status() -> Any:
        return pinpoint.get_import_job(**app, JobId=job)["ImportJobResponse"]["JobStatus"]

    assert eventually(status, lambda seen: seen in ("COMPLETED", "FAILED"), within=WITHIN) == "COMPLETED"


def put(person: Person, stack: str, output: str, key: str, body: bytes) -> None:
    bucket = person.account.output(stack, output)
    person.account.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def refused(person: Person) -> None:
    """Producers ask for what cannot be, and name them: dead letters."""
    sqs = person.account.client("sqs")
    for stack, body in (
        ("SendMessage", {"request_id": "r", "channel": "FAX", "recipients": [{"address": person.address}]}),
        ("UserEvents", {"user_id": person.name, "event_type": ""}),
        ("AudienceSync", {"kind": "none", "version": 1, "endpoints": [person.row]}),
    ):
        sqs.send_message(QueueUrl=person.account.output(stack, "QueueUrl"), MessageBody=json.dumps(body))


def invoke(person: Person, stack: str, output: str, event: dict[str, Any]) -> Any:
    """What a function answers."""
    answer = person.account.client("lambda").invoke(
        FunctionName=person.account.output(stack, output), Payload=json.dumps(event).encode()
    )
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def targeted(*people: Person) -> None:
    """A campaign's hooks and channels are told of them."""
    for person in people:
        campaign = uuid.uuid4().hex
        invoke(person, "CampaignHooks", "FrequencyCapFunctionArn", person.batch(campaign))
        invoke(person, "CustomChannels", "InboxDeliveryUri", person.batch(campaign, Data="hello"))
        offers = json.dumps({"offer_set": "welcome"})
        invoke(person, "CustomChannels", "OffersDeliveryUri", person.batch(campaign, Data=offers))


def is_reported(person: Person) -> bool:
    """Whether the import of their file is over."""
    bucket = person.account.output("SegmentImport", "BucketName")
    listed = person.account.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"reports/{person.mark}/")
    return bool(listed["KeyCount"])


def linked(person: Person) -> None:
    """They get a link to their preferences."""
    url = f"{person.account.output('UserEndpoints', 'ApiUrl')}/users/{quote(person.name)}/links"
    assert SignedCaller.of(person.account).send("POST", url, {}).status == 201


def streamed(*people: Person) -> None:
    """The project tells of a mail to each of them."""
    records = []
    for person in people:
        event = payload("pinpoint_stream/email_send")
        event["application"]["app_id"] = person.application_id
        event["client"]["client_id"] = f"mail-{person.name}"
        event["facets"]["email_channel"]["mail_event"]["mail"]["destination"] = [person.address]
        records.append({"Data": json.dumps(event).encode(), "PartitionKey": "p"})
    stream = people[0].account.output("EngagementEvents", "StreamName")
    people[0].account.client("kinesis").put_records(StreamName=stream, Records=records)


def erased(person: Person, **known: list[str]) -> dict[str, int]:
    """What one erasure removed from each store, however many steps it took."""
    request: dict[str, Any] = {"user_id": person.name, **known}
    while True:
        step: dict[str, Any] = invoke(person, "Forget", "FunctionName", request)
        assert "error" not in step
        if step["done"]:
            removed: dict[str, int] = step["removed"]
            return removed
        request["next"] = step["next"]


# Where Jane is written down in plain; elsewhere there are digests, which the counts speak of.
PLACES = (
    "audiencesync-syncchangesmessagesdeadletters",
    "campaignhooks-frequencycapaudit",
    "customchannels-inbox",
    "engagementevents-eventstreamarchive",
    "engine-enginetable",
    "segmentimport-importbucket/accepted",
    "segmentimport-importbucket/quarantine",
    "segmentimport-importbucket/segments",
    "sendmessage-senderrecipients",
    "sendmessage-senderrequestsmessagesdeadletters",
    "twowaysms-twowaysmsconversationsworkermessagesdeadletters",
    "userendpoints-userstable",
    "userevents-ingesteventsmessagesdeadletters",
)
DIGESTS = (
    "AudienceSync/Sync: versions",
    "CampaignHooks/FrequencyCap: places",
    "CustomChannels/Offers: offers",
    "TwoWaySms/TwoWaySms/Conversations: conversations",
)


def missing(person: Person) -> set[str]:
    """Where the person is not written down yet."""
    found = [place.lower() for place in places_of(person.account, person.texts, among=PLACES)]
    return {
        place
        for place in PLACES
        if not any(
            name.startswith(place.partition("/")[0]) and name.endswith(place.partition("/")[2])
            for name in found
        )
    }


def test_a_person_who_is_everywhere_is_nowhere_after_one_operation_and_nobody_else_is_gone(
    hosted_stage: Stage,
) -> None:
    jane, joe = (Person(hosted_stage.account, uuid.uuid4().hex) for _ in range(2))
    for person in (jane, joe):
        synced(person)
        assert len(eventually(person.found, lambda them: len(them) == 2, within=WITHIN)) == 2
    texted(jane)
    dropped(jane, joe)
    refused(jane)
    put(jane, "SendMessage", "RecipientsBucketName", f"recipients/{jane.mark}", lines(jane.row, joe.row))
    targeted(jane, joe)
    streamed(jane, joe)
    linked(jane)
    imported(jane)
    for person in (jane, joe):
        assert eventually(person.is_ready, within=WITHIN)
    assert eventually(partial(missing, jane), lambda places: not places, within=WITHIN) == set()
    assert eventually(partial(is_reported, jane), within=WITHIN)

    removed = erased(jane)
    assert places_of(jane.account, jane.texts) == set()
    assert not [store for store in DIGESTS if not removed[store]]
    assert (removed["endpoints"], removed["Engine/Engine: members of segments"]) == (2, 2)
    known = {"endpoint_ids": list(jane.endpoints), "addresses": [jane.address, jane.phone]}
    assert sum(erased(jane, **known).values()) == 0
    assert len(joe.found()) == 2
    his = places_of(joe.account, joe.texts, among=PLACES)
    assert {place.partition("-")[0].lower() for place in his} >= {
        "campaignhooks",
        "customchannels",
        "engagementevents",
        "engine",
        "sendmessage",
    }
