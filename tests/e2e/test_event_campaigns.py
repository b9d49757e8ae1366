"""Mail in response to events, on the deployed engine: a forgotten password, an abandoned cart."""

import contextlib
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.mail import kept_mail
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually

pytestmark = pytest.mark.e2e

# From the table of campaigns to SQS twice, to the mail service: seconds on AWS, more on a busy laptop.
_WITHIN = 60.0


class Shop:
    """A project of its own, with a campaign for each event that it knows, and everybody as its segment.

    All campaigns are there before the first event: one that is created later takes events after two seconds.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.pinpoint = account.client("pinpoint")
        made = self.pinpoint.create_app(CreateApplicationRequest={"Name": "shop"})
        self.app: str = made["ApplicationResponse"]["Id"]
        segment = self.pinpoint.create_segment(
            ApplicationId=self.app, WriteSegmentRequest={"Name": "everybody", "Dimensions": {}}
        )
        self.segment: str = segment["SegmentResponse"]["Id"]
        self.campaigns = {
            title: self._answer_with_mail(event_type, title, filter_type)
            for title, event_type, filter_type in (
                ("Your code", "custom.forgot_password", "ENDPOINT"),
                ("Your cart", "custom.cart_abandoned", "ENDPOINT"),
                ("Welcome", "custom.welcome", "ENDPOINT"),
                ("Delivered", "_email.delivered", "SYSTEM"),
            )
        }

    def _answer_with_mail(self, event_type: str, title: str, filter_type: str) -> str:
        """A campaign's id."""
        made = self.pinpoint.create_campaign(
            ApplicationId=self.app,
            WriteCampaignRequest={
                "Name": event_type,
                "SegmentId": self.segment,
                "Schedule": {
                    "StartTime": "IMMEDIATE",
                    "Frequency": "EVENT",
                    "EventFilter": {
                        "FilterType": filter_type,
                        "Dimensions": {"EventType": {"DimensionType": "INCLUSIVE", "Values": [event_type]}},
                    },
                },
                "MessageConfiguration": {
                    "EmailMessage": {
                        "Title": f"{title} {self.app}",
                        "Body": "For {{User.UserAttributes.Name}}: {{Attributes.Code}}",
                        "FromAddress": "no-reply@example.com",
                    }
                },
            },
        )
        return str(made["CampaignResponse"]["Id"])

    def report(self, event_type: str, *, event_id: str, endpoint_id: str, **endpoint: Any) -> None:
        """An event of somebody whose endpoint is written in the same call."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        answer = self.pinpoint.put_events(
            ApplicationId=self.app,
            EventsRequest={
                "BatchItem": {
                    endpoint_id: {
                        "Endpoint": {
                            "ChannelType": "EMAIL",
                            "Address": f"success+{endpoint_id}@simulator.amazonses.com",
                            "OptOut": "NONE",
                            **endpoint,
                        },
                        "Events": {event_id: {"EventType": event_type, "Timestamp": now}},
                    }
                }
            },
        )
        results = answer["EventsResponse"]["Results"][endpoint_id]
        assert results["EndpointItemResponse"]["StatusCode"] == 202
        assert results["EventsItemResponse"][event_id]["StatusCode"] == 202

    def mail(self, title: str) -> list[dict[str, Any]]:
        """What was sent under a title, in the order it was."""
        subject = f"{title} {self.app}"
        return [mail for mail in kept_mail(self.account.endpoint) if mail.get("Subject") == subject]

    def wait_for_mail(self, title: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = eventually(
            lambda: self.mail(title), lambda mails: len(mails) >= count, within=_WITHIN
        )
        return found


@pytest.fixture(scope="module")
def shop(hosted_stage: Stage) -> Shop:
    ses = hosted_stage.account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity="no-reply@example.com")
    return Shop(hosted_stage.account)


def test_a_forgotten_password_is_answered_with_its_code(shop: Shop) -> None:
    campaign = shop.campaigns["Your code"]
    person = f"p-{uuid.uuid4().hex}"

    shop.report(
        "custom.forgot_password",
        event_id="forgot-1",
        endpoint_id=person,
        Attributes={"Code": ["123456"]},
        User={"UserId": person, "UserAttributes": {"Name": ["Ann"]}},
    )

    (mail,) = shop.wait_for_mail("Your code", 1)
    assert mail["BodyText"] == "For Ann: 123456"
    assert f"success+{person}@simulator.amazonses.com" in str(mail)

    def activities() -> list[dict[str, Any]]:
        answer = shop.pinpoint.get_campaign_activities(ApplicationId=shop.app, CampaignId=campaign)
        items: list[dict[str, Any]] = answer["ActivitiesResponse"]["Item"]
        return items

    (activity,) = eventually(
        activities, lambda found: [each["State"] for each in found] == ["COMPLETED"], within=_WITHIN
    )
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "1"}
    status = shop.pinpoint.get_campaign(ApplicationId=shop.app, CampaignId=campaign)["CampaignResponse"]
    assert status["State"] == {"CampaignStatus": "EXECUTING"}


def test_an_event_that_is_reported_twice_sends_once_and_one_that_does_not_fit_sends_nothing(
    shop: Shop,
) -> None:
    first, other, last = (f"p-{uuid.uuid4().hex}" for _ in range(3))

    for _ in range(2):
        shop.report("custom.cart_abandoned", event_id="cart-1", endpoint_id=first)
    shop.report("custom.cart_filled", event_id="cart-1", endpoint_id=other)
    shop.wait_for_mail("Your cart", 1)
    # Whatever the earlier events could still send would be there by the time that these have been answered.
    for number in range(3):
        shop.report("custom.cart_abandoned", event_id=f"later-{number}", endpoint_id=last)

    mails = shop.wait_for_mail("Your cart", 4)
    recipients = sorted(
        next(each for each in (first, other, last) if f"success+{each}@" in str(mail)) for mail in mails
    )
    assert recipients == sorted([first, last, last, last])


def test_a_delivered_mail_is_an_event_of_the_engine(shop: Shop) -> None:
    person = f"p-{uuid.uuid4().hex}"

    shop.report("custom.welcome", event_id="welcome-1", endpoint_id=person)

    def told() -> bool:
        return any(f"success+{person}@" in str(mail) for mail in shop.mail("Delivered"))

    assert eventually(told, within=_WITHIN)
