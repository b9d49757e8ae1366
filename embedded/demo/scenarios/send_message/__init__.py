"""Message requests one by one, by endpoint and user, and by file; some repeated, some unreadable."""

import contextlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.mail import kept_mail
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.scenarios.send_message.plan import SENDER, Plan, make_plan
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

_MOST_OF_BATCH: Final = 10


@dataclass(frozen=True)
class SendMessage(Scenario):
    """Requests to the queue of a message sender, and what its results, its mails and its dead letters say."""

    title: ClassVar[str] = "Send a message"
    patterns: ClassVar[tuple[str, ...]] = ("SendMessage",)

    @property
    def plan(self) -> Plan:
        """The requests."""
        return make_plan(self.options.seed)

    def expect(self) -> Counts:
        """How many results of each status there are, how many mails, and what is refused for which reason."""
        return self.plan.expected

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Puts everything in and waits for the last result."""
        account, plan = stage.account, self.plan
        _verify(account)
        results = _Results.begin(account, plan.tag)
        narrator.step(f"storing {len(plan.endpoints)} endpoints, and a file of {plan.lines} recipients")
        _store(account, plan)
        narrator.step(f"putting {len(plan.bodies)} requests into the queue")
        _ask(account, plan.bodies)
        narrator.step("waiting for each recipient's result")
        dead: dict[str, str] = {}

        def late() -> Counts:
            return {
                **results.counts(),
                **_mails(account, plan.tag),
                **_refused(account, plan.tag, dead),
            }

        return settle(expected, {}, late, narrator)


@dataclass
class _Results:
    """A queue that the bus puts this run's results into."""

    account: Account
    url: str
    tag: str
    told: dict[str, str]

    @classmethod
    def begin(cls, account: Account, tag: str) -> "_Results":
        sqs, events = account.client("sqs"), account.client("events")
        name = f"results-{tag}"
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule = events.put_rule(
            Name=name,
            EventPattern=json.dumps(
                {"source": ["pinpoint-patterns.send-message"], "detail": {"context": {"demo": [tag]}}}
            ),
        )["RuleArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        return cls(account, url, tag, {})

    def counts(self) -> Counter[Cell]:
        """How many results there are of each status, however often each was told."""
        sqs = self.account.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                detail = json.loads(message["Body"])["detail"]
                self.told[detail["result_id"]] = detail["status"]
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return Counter(Cell("Results", status) for status in self.told.values())


def _verify(account: Account) -> None:
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER)


def _store(account: Account, plan: Plan) -> None:
    pinpoint, application_id = account.client("pinpoint"), account.output("Project", "ApplicationId")
    items = [{"Id": name, **endpoint} for name, endpoint in plan.endpoints.items()]
    for start in range(0, len(items), 100):
        pinpoint.update_endpoints_batch(
            ApplicationId=application_id, EndpointBatchRequest={"Item": items[start : start + 100]}
        )
    bucket = account.output("SendMessage", "RecipientsBucketName")
    account.client("s3").put_object(Bucket=bucket, Key=plan.key, Body=plan.content)


def _ask(account: Account, bodies: tuple[str, ...]) -> None:
    sqs, url = account.client("sqs"), account.output("SendMessage", "QueueUrl")
    for start in range(0, len(bodies), _MOST_OF_BATCH):
        chunk = bodies[start : start + _MOST_OF_BATCH]
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(chunk)]
        answer: Mapping[str, Any] = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        assert not answer.get("Failed")


def _mails(account: Account, tag: str) -> Counter[Cell]:
    to = Counter(
        address for mail in kept_mail(account.endpoint) for address in mail["To"] if f"+{tag}-" in address
    )
    return Counter({Cell("Mail kept", "messages"): to.total(), Cell("Mail kept", "people"): len(to)})


def _refused(account: Account, tag: str, dead: dict[str, str]) -> Counter[Cell]:
    sqs, url = account.client("sqs"), account.output("SendMessage", "DeadLettersUrl")
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    for message in received.get("Messages", []):
        if tag in message["Body"]:
            reason: str = message["MessageAttributes"]["Reason"]["StringValue"]
            dead[message["MessageId"]] = reason.partition(":")[0]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return Counter(Cell("Dead letters", reason) for reason in dead.values())
