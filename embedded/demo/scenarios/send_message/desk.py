"""What is put into a message sender, and what its results, its mails and its dead letters say."""

import contextlib
import json
from collections import Counter
from dataclasses import dataclass

from embedded.demo.account import Account
from embedded.demo.ledger import Cell
from embedded.demo.mail import kept_mail
from embedded.demo.scenarios.send_message.plan import SENDER


@dataclass
class Results:
    """A queue that the bus puts this run's results into."""

    account: Account
    url: str
    told: dict[str, str]

    @classmethod
    def begin(cls, account: Account, tag: str) -> "Results":
        """From now on; what has the context `demo` with this tag."""
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
        return cls(account, url, {})

    def counts(self) -> Counter[Cell]:
        """How many results there are of each status, however often each was told."""
        sqs = self.account.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                detail = json.loads(message["Body"])["detail"]
                self.told[detail["result_id"]] = detail["status"]
            sqs.delete_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ],
            )
        return Counter(Cell("Results", status) for status in self.told.values())


def verify(account: Account) -> None:
    """Let mail be sent in the name of `SENDER`."""
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER)


def mails(account: Account, tag: str) -> Counter[Cell]:
    """The mails of a run, and to how many people they went."""
    to = Counter(
        address for mail in kept_mail(account.endpoint) for address in mail["To"] if f"+{tag}-" in address
    )
    return Counter({Cell("Mail kept", "messages"): to.total(), Cell("Mail kept", "people"): len(to)})
