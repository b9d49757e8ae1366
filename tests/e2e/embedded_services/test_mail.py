"""Mail is kept and readable, and a configuration set's events reach the default bus."""

import json
import urllib.parse
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, policy, queue_arn

pytestmark = pytest.mark.e2e

SENDER = "sender@example.com"


def mail_queue(aws: EmbeddedAws, name: str, types: list[str]) -> str:
    """A configuration set whose events of the given types arrive in the queue of its name."""
    ses, events = aws.client("sesv2"), aws.client("events")
    ses.create_email_identity(EmailIdentity=SENDER) if not identity_exists(ses) else None
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="bus",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": types,
            "EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
        },
    )
    pattern = {"source": ["aws.ses"], "detail": {"mail": {"tags": {"ses:configuration-set": [name]}}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    url = aws.queue(name)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
    }
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy([statement])})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn(name)}])
    return url


def identity_exists(ses: Any) -> bool:
    return any(i["IdentityName"] == SENDER for i in ses.list_email_identities()["EmailIdentities"])


def send(aws: EmbeddedAws, configuration_set: str, to: str, **tags: str) -> str:
    answer = aws.client("sesv2").send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [to]},
        Content={
            "Simple": {
                "Subject": {"Data": "Hello"},
                "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<p>rich</p>"}},
            }
        },
        ConfigurationSetName=configuration_set,
        EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
    )
    return str(answer["MessageId"])


def test_the_events_carry_the_message_and_its_tags(aws: EmbeddedAws) -> None:
    url = mail_queue(aws, "all-events", ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"])
    message_id = send(aws, "all-events", "bounce+1@simulator.amazonses.com", run="r1", claim="c1")
    sent, bounced = aws.receive(url, 2)
    assert (sent["source"], sent["detail-type"]) == ("aws.ses", "Email Sent")
    assert bounced["detail-type"] == "Email Bounced"
    assert bounced["detail"]["eventType"] == "Bounce"
    assert bounced["detail"]["bounce"]["bounceType"] == "Permanent"
    mail = bounced["detail"]["mail"]
    assert mail["messageId"] == message_id
    assert mail["destination"] == ["bounce+1@simulator.amazonses.com"]
    assert (mail["tags"]["run"], mail["tags"]["claim"]) == (["r1"], ["c1"])
    assert mail["tags"]["ses:configuration-set"] == ["all-events"]
    assert mail["commonHeaders"]["subject"] == "Hello"


def test_only_the_event_types_that_the_configuration_set_names_are_sent(aws: EmbeddedAws) -> None:
    url = mail_queue(aws, "complaints", ["COMPLAINT"])
    send(aws, "complaints", "someone@example.com")
    send(aws, "complaints", "complaint@simulator.amazonses.com")
    assert [event["detail-type"] for event in aws.receive(url, 2, within=2)] == ["Email Complaint Received"]


def test_sent_mail_is_readable_with_all_that_was_said_of_it(aws: EmbeddedAws) -> None:
    mail_queue(aws, "readable", ["SEND"])
    message_id = send(aws, "readable", "reader@example.com", run="r2")
    query = urllib.parse.urlencode({"recipient": "reader@example.com"})
    with urllib.request.urlopen(f"{aws.endpoint}/_ministack/ses/messages?{query}", timeout=10) as answer:
        (mail,) = json.load(answer)["messages"][ACCOUNT]
    assert mail["MessageId"] == message_id
    assert (mail["Subject"], mail["BodyText"], mail["BodyHtml"]) == ("Hello", "plain", "<p>rich</p>")
    assert (mail["EmailTags"], mail["ConfigurationSetName"]) == ({"run": "r2"}, "readable")


def test_an_unknown_configuration_set_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        send(aws, "no-such-set", "someone@example.com")
