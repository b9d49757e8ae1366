"""Events of users by queue and by bus, on the embedded AWS under IAM: each once, campaigns answer."""

import contextlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.mail import kept_mail
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually

pytestmark = pytest.mark.e2e

_STACK = "UserEvents"
_FORGOTTEN = "custom.forgot_password"
_ABANDONED = "custom.cart_abandoned"
_WITHIN = 60.0


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Shop:
    """A backend that reports what people do, and the campaigns that answer, under names of their own."""

    account: Account
    mark: str

    @property
    def application_id(self) -> str:
        return self.account.output("Project", "ApplicationId")

    def event(self, event_type: str, person: str, event_id: str, **members: Any) -> dict[str, Any]:
        """An event of somebody who is new: the same call makes their endpoint."""
        endpoint = {
            "ChannelType": "EMAIL",
            "Address": f"success+{self.mark}{person}@simulator.amazonses.com",
            "OptOut": "NONE",
            **members.pop("Endpoint", {}),
        }
        return {
            "EndpointId": f"{self.mark}{person}",
            "EventId": event_id,
            "EventType": event_type,
            "Timestamp": now(),
            "Endpoint": endpoint,
            **members,
        }

    def send(self, *messages: object) -> None:
        """Put messages into the pattern's queue; a text goes as it is."""
        bodies = [each if isinstance(each, str) else json.dumps(each) for each in messages]
        fill(self.account, self.account.output(_STACK, "QueueUrl"), bodies)

    def put_on_bus(self, *details: dict[str, Any]) -> None:
        bus = self.account.output(_STACK, "EventBusName")
        entry = {"EventBusName": bus, "Source": "com.example.shop", "DetailType": "User Event"}
        entries = [{**entry, "Detail": json.dumps(each)} for each in details]
        assert self.account.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def mail_to(self, person: str) -> list[dict[str, Any]]:
        address = f"success+{self.mark}{person}@simulator.amazonses.com"
        return [mail for mail in kept_mail(self.account.endpoint) if address in str(mail)]

    def wait_for_mail_to(self, person: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = eventually(lambda: self.mail_to(person), within=_WITHIN)
        return found

    def endpoint(self, person: str) -> dict[str, Any] | None:
        pinpoint = self.account.client("pinpoint")
        try:
            answer = pinpoint.get_endpoint(
                ApplicationId=self.application_id, EndpointId=f"{self.mark}{person}"
            )
        except pinpoint.exceptions.NotFoundException:
            return None
        response: dict[str, Any] = answer["EndpointResponse"]
        return response

    def letters(self, count: int) -> list[tuple[str, str]]:
        """This shop's dead letters, each once: the reason's word, and what stands in it."""
        letters = DeadLetters.of(self.account, _STACK, mark=self.mark)
        found = eventually(letters.read, lambda seen: len(seen) >= count, within=_WITHIN)
        return [(letter.kind, letter.body) for letter in found]


@contextlib.contextmanager
def answering(shop: Shop) -> Iterator[None]:
    """For the length of the block, two event campaigns answer everybody's forgotten passwords and carts."""
    pinpoint, app = shop.account.client("pinpoint"), shop.application_id
    made = pinpoint.create_segment(
        ApplicationId=app, WriteSegmentRequest={"Name": f"{shop.mark}everybody", "Dimensions": {}}
    )
    segment = made["SegmentResponse"]["Id"]
    campaigns = [
        pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=campaign(shop, segment, *texts))
        for texts in (
            (_FORGOTTEN, "Code: {{Attributes.Code}}"),
            (_ABANDONED, "For {{User.UserAttributes.Name}}"),
        )
    ]
    try:
        yield
    finally:
        for each in campaigns:
            pinpoint.delete_campaign(ApplicationId=app, CampaignId=each["CampaignResponse"]["Id"])
        pinpoint.delete_segment(ApplicationId=app, SegmentId=segment)


def campaign(shop: Shop, segment: str, event_type: str, body: str) -> dict[str, Any]:
    event = {"EventType": {"DimensionType": "INCLUSIVE", "Values": [event_type]}}
    mail = {"Title": event_type, "Body": body, "FromAddress": "no-reply@example.com"}
    return {
        "Name": f"{shop.mark}{event_type}",
        "SegmentId": segment,
        "Schedule": {
            "StartTime": "IMMEDIATE",
            "Frequency": "EVENT",
            "EventFilter": {"FilterType": "ENDPOINT", "Dimensions": event},
        },
        "MessageConfiguration": {"EmailMessage": mail},
    }


@pytest.fixture(scope="module")
def shop(hosted_stage: Stage) -> Iterator[Shop]:
    account = hosted_stage.account
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity="no-reply@example.com")
    ours = Shop(account, f"shop-{uuid.uuid4().hex[:8]}-")
    with answering(ours):
        # The project looks for new campaigns every few seconds: from now on each event is answered.
        for event_type in (_FORGOTTEN, _ABANDONED):
            assert eventually(first_answer(ours, event_type), within=_WITHIN)
        yield ours


def first_answer(shop: Shop, event_type: str) -> Callable[[], bool]:
    """Reports another event of an early bird, and says whether any was answered."""
    bird = f"bird-{event_type}"

    def look() -> bool:
        if mails := shop.mail_to(bird):
            return bool(mails)
        shop.send(shop.event(event_type, bird, uuid.uuid4().hex))
        return bool(eventually(lambda: shop.mail_to(bird), within=3.0))

    return look


def test_a_forgotten_password_in_the_queue_sends_its_code_once_however_often_it_is_reported(
    shop: Shop,
) -> None:
    forgotten = shop.event(
        _FORGOTTEN,
        "ann",
        "forgot-1",
        Endpoint={"Attributes": {"Code": ["123456"]}, "User": {"UserId": f"{shop.mark}ann"}},
    )
    shop.send(forgotten, forgotten, [forgotten])
    (mail,) = shop.wait_for_mail_to("ann")
    assert mail["BodyText"] == "Code: 123456"
    shop.send(forgotten)

    # Whatever a repetition could still send would be there by the time that a later event is answered.
    shop.send(shop.event(_FORGOTTEN, "later", "forgot-2"))
    assert shop.wait_for_mail_to("later")
    assert len(shop.mail_to("ann")) == 1
    endpoint = shop.endpoint("ann") or {}
    assert endpoint["Attributes"]["Code"] == ["123456"]
    assert (endpoint["OptOut"], endpoint["User"]["UserId"]) == ("NONE", f"{shop.mark}ann")


def test_an_abandoned_cart_on_the_bus_sends_once(shop: Shop) -> None:
    user = {"UserId": f"{shop.mark}bob", "UserAttributes": {"Name": ["Bob"]}}
    abandoned = shop.event(_ABANDONED, "bob", "cart-7", Attributes={"Cart": "7"}, Endpoint={"User": user})
    shop.put_on_bus(abandoned, abandoned)
    (mail,) = shop.wait_for_mail_to("bob")
    assert mail["BodyText"] == "For Bob"

    shop.put_on_bus(shop.event(_ABANDONED, "next", "cart-8"))
    assert shop.wait_for_mail_to("next")
    assert len(shop.mail_to("bob")) == 1


def test_what_is_wrong_reaches_the_dead_letters_with_its_reason_and_costs_nobody_else_anything(
    shop: Shop,
) -> None:
    viewed = "custom.viewed"
    shop.send(
        f"{shop.mark} is no JSON",
        [
            shop.event(viewed, "beside", "v-1"),
            shop.event(viewed, "hours-off", "v-2", Timestamp="2026-11-25T10:00:00"),
            shop.event(viewed, "wordy", "v-3", Attributes={"Page": "x" * 201}),
            shop.event(viewed, "much", "v-4", Metrics={f"m{n}": 1 for n in range(41)}),
            {**shop.event(viewed, "nowhere", "v-5"), "Endpoint": {}},
        ],
    )
    letters = shop.letters(5)

    assert Counter(reason for reason, _ in letters) == {
        "not_json": 1,
        "timestamp_without_zone": 1,
        "value_too_long": 1,
        "too_many_keys": 1,
        "endpoint_not_known_to_exist": 1,
    }
    assert eventually(lambda: shop.endpoint("beside"), within=_WITHIN)
    assert [shop.endpoint(person) for person in ("hours-off", "wordy", "much", "nowhere")] == [None] * 4


def test_the_one_event_of_a_call_that_the_project_refuses_is_a_dead_letter_and_the_others_are_taken(
    shop: Shop,
) -> None:
    user = {"User": {"UserId": f"{shop.mark}full"}}
    shop.send(*[shop.event("custom.viewed", f"d{n}", "v", Endpoint=user) for n in range(10)])
    shop.send(*[shop.event("custom.viewed", f"d{n}", "v", Endpoint=user) for n in range(10, 15)])
    assert eventually(lambda: all(shop.endpoint(f"d{n}") for n in range(15)), within=_WITHIN)

    # A user has at most fifteen endpoints.
    shop.send(
        [
            shop.event("custom.viewed", "before", "v"),
            shop.event("custom.viewed", "sixteenth", "v", Endpoint=user),
            shop.event("custom.viewed", "after", "v"),
        ]
    )
    ((reason, body),) = shop.letters(1)
    assert reason == "refused_by_project"
    assert json.loads(body)["EndpointId"] == f"{shop.mark}sixteenth"
    assert eventually(lambda: shop.endpoint("before") and shop.endpoint("after"), within=_WITHIN)
    assert shop.endpoint("sixteenth") is None
