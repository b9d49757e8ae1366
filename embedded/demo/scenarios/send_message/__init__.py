"""Message requests one by one, by endpoint and user, and by file; some repeated, some unreadable."""

from dataclasses import dataclass
from typing import ClassVar

from embedded.demo.account import Account
from embedded.demo.ledger import Counts
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.scenarios.send_message.desk import Results, mails, verify
from embedded.demo.scenarios.send_message.plan import Plan, make_plan
from embedded.demo.settling import settle
from embedded.demo.stage import Stage


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
        verify(account)
        results = Results.begin(account, plan.tag)
        narrator.step(f"storing {len(plan.endpoints)} endpoints, and a file of {plan.lines} recipients")
        _store(account, plan)
        narrator.step(f"putting {len(plan.bodies)} requests into the queue")
        fill(account, account.output("SendMessage", "QueueUrl"), plan.bodies)
        narrator.step("waiting for each recipient's result")
        letters = DeadLetters.of(account, "SendMessage", mark=plan.tag)

        def late() -> Counts:
            return {
                **results.counts(),
                **mails(account, plan.tag),
                **letters.counts(),
            }

        return settle(expected, {}, late, narrator)


def _store(account: Account, plan: Plan) -> None:
    pinpoint, application_id = account.client("pinpoint"), account.output("Project", "ApplicationId")
    items = [{"Id": name, **endpoint} for name, endpoint in plan.endpoints.items()]
    for start in range(0, len(items), 100):
        pinpoint.update_endpoints_batch(
            ApplicationId=application_id, EndpointBatchRequest={"Item": items[start : start + 100]}
        )
    bucket = account.output("SendMessage", "RecipientsBucketName")
    account.client("s3").put_object(Bucket=bucket, Key=plan.key, Body=plan.content)
