"""Events of users by queue and bus: some twice, some wrong; forgotten passwords are answered, once each."""

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Final

from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.mail import kept_mail
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario, ScenarioFailed
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

_STACK: Final = "UserEvents"
_SENDER: Final = "no-reply@example.com"
_FORGOTTEN: Final = "custom.forgot_password"
_VIEWED: Final = "custom.viewed"
_VIEWERS: Final = 120
_PATIENCE_SECONDS: Final = 300.0
# What is wrong with an event, by the reason that its dead letter has.
_FLAWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "endpoint_not_known_to_exist": {"Endpoint": {}},
    "invalid_event_type": {"EventType": "a/b"},
    "timestamp_without_zone": {"Timestamp": "2026-11-25T10:00:00"},
    "too_many_keys": {"Metrics": {f"m{number}": 1 for number in range(41)}},
    "value_too_long": {"Attributes": {"Page": "x" * 201}},
}


@dataclass(frozen=True)
class Plan:
    """Who does what, from a seed.

    Args:
        seed: Of all that is random.
    """

    seed: int

    @property
    def tag(self) -> str:
        """What all names of the run hold."""
        return f"events{self.seed}x"

    @property
    def viewers(self) -> Sequence[str]:
        """People who look at something."""
        return [f"{self.tag}-viewer-{number}" for number in range(_VIEWERS)]

    @cached_property
    def forgetful(self) -> Sequence[str]:
        """People who forget their password."""
        return [
            f"{self.tag}-forgetful-{number}" for number in range(random.Random(self.seed).randint(10, 20))
        ]

    @cached_property
    def flaws(self) -> Mapping[str, str]:
        """What is wrong with the one event of each other person."""
        dice = random.Random(self.seed + 1)
        reasons = [reason for reason in _FLAWS for _ in range(dice.randint(1, 6))]
        return {f"{self.tag}-wrong-{number}": reason for number, reason in enumerate(reasons)}

    @property
    def events(self) -> list[dict[str, Any]]:
        """Each forgotten password and one view in twenty twice, in any order."""
        forgotten = [_event(_FORGOTTEN, person) for person in self.forgetful]
        views = [_event(_VIEWED, person) for person in self.viewers]
        wrong = [{**_event(_VIEWED, who), **_FLAWS[why]} for who, why in self.flaws.items()]
        sent = [*forgotten, *forgotten, *views, *views[::20], *wrong]
        random.Random(self.seed + 2).shuffle(sent)
        return sent


@dataclass(frozen=True)
class UserEvents(Scenario):
    """Everybody's events reach the project once, what is wrong waits with its reason."""

    title: ClassVar[str] = "User events"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)

    @property
    def plan(self) -> Plan:
        """What is sent."""
        return Plan(self.options.seed)

    def expect(self) -> Counts:
        """The endpoints that events made, the mails that answer, and the dead letters by reason."""
        plan = self.plan
        return {
            Cell("Project", "endpoints of good events"): len(plan.viewers) + len(plan.forgetful),
            Cell("Project", "endpoints of wrong events"): 0,
            Cell("Mail kept", "answers"): len(plan.forgetful),
            Cell("Mail kept", "people answered"): len(plan.forgetful),
            **{
                Cell("Dead letters", reason): count
                for reason, count in sorted(Counter(plan.flaws.values()).items())
            },
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Starts the campaign, sends half of the events to the queue and half to the bus, and waits."""
        plan = self.plan
        desk = _Desk(stage.account, plan, DeadLetters.of(stage.account, _STACK))
        with desk.answered_by_mail():
            desk.wait_for_first_answer()
            events = plan.events
            narrator.step(f"sending {len(events)} events of users, half by the queue and half by the bus")
            desk.send(events[::2])
            desk.put_on_bus(events[1::2])
            return settle(expected, {}, desk.counts, narrator)


@dataclass(frozen=True)
class _Desk:
    account: Account
    plan: Plan
    letters: DeadLetters
    found: set[str] = field(default_factory=set[str])

    @contextlib.contextmanager
    def answered_by_mail(self) -> Generator[None]:
        """For the length of the block, a campaign answers everybody's forgotten password."""
        ses, pinpoint = self.account.client("sesv2"), self.account.client("pinpoint")
        with contextlib.suppress(ses.exceptions.AlreadyExistsException):
            ses.create_email_identity(EmailIdentity=_SENDER)
        app = self.account.output("Project", "ApplicationId")
        segment = pinpoint.create_segment(
            ApplicationId=app, WriteSegmentRequest={"Name": self.plan.tag, "Dimensions": {}}
        )["SegmentResponse"]["Id"]
        made = pinpoint.create_campaign(
            ApplicationId=app, WriteCampaignRequest=_campaign(self.plan.tag, segment)
        )
        try:
            yield
        finally:
            pinpoint.delete_campaign(ApplicationId=app, CampaignId=made["CampaignResponse"]["Id"])
            pinpoint.delete_segment(ApplicationId=app, SegmentId=segment)

    def wait_for_first_answer(self) -> None:
        """Let an early bird forget until it is answered: a new campaign is noticed within seconds."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        bird = f"bird-{self.plan.tag}"
        for attempt in range(int(_PATIENCE_SECONDS)):
            if any(f"+{bird}@" in str(mail) for mail in kept_mail(self.account.endpoint)):
                return
            if time.monotonic() > deadline:
                break
            self.send([{**_event(_FORGOTTEN, bird), "EventId": f"early-{attempt}"}])
            time.sleep(1)
        raise ScenarioFailed(f"no campaign answered {_FORGOTTEN} within {_PATIENCE_SECONDS:.0f} seconds")

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        fill(self.account, self.account.output(_STACK, "QueueUrl"), list(map(json.dumps, events)))

    def put_on_bus(self, events: Sequence[Mapping[str, Any]]) -> None:
        bus = {"EventBusName": self.account.output(_STACK, "EventBusName"), "Source": "com.example.shop"}
        for start in range(0, len(events), 10):
            self.account.client("events").put_events(
                Entries=[
                    {**bus, "DetailType": "User Event", "Detail": json.dumps(event)}
                    for event in events[start : start + 10]
                ]
            )

    def counts(self) -> Counts:
        """What the project, the mail service and the dead letters have now."""
        good = [*self.plan.viewers, *self.plan.forgetful]
        self.found.update(person for person in good if person not in self.found and self._exists(person))
        answers = self._answers()
        return {
            Cell("Project", "endpoints of good events"): len(self.found),
            Cell("Project", "endpoints of wrong events"): sum(map(self._exists, self.plan.flaws)),
            Cell("Mail kept", "answers"): len(answers),
            Cell("Mail kept", "people answered"): len(set(answers)),
            **self.letters.counts(),
        }

    def _answers(self) -> list[str]:
        to = (address for mail in kept_mail(self.account.endpoint) for address in mail["To"])
        return [address for address in to if f"+{self.plan.tag}-" in address]

    def _exists(self, endpoint_id: str) -> bool:
        pinpoint = self.account.client("pinpoint")
        app = self.account.output("Project", "ApplicationId")
        try:
            pinpoint.get_endpoint(ApplicationId=app, EndpointId=endpoint_id)
        except pinpoint.exceptions.NotFoundException:
            return False
        return True


def _event(event_type: str, person: str) -> dict[str, Any]:
    """An event of somebody who is new: the same call makes their endpoint. Sent again, it has the same id."""
    return {
        "EndpointId": person,
        "EventId": f"{event_type}-{person}",
        "EventType": event_type,
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "Endpoint": {
            "ChannelType": "EMAIL",
            "Address": f"success+{person}@simulator.amazonses.com",
            "OptOut": "NONE",
        },
    }


def _campaign(name: str, segment: str) -> dict[str, Any]:
    event = {"EventType": {"DimensionType": "INCLUSIVE", "Values": [_FORGOTTEN]}}
    return {
        "Name": name,
        "SegmentId": segment,
        "Schedule": {
            "StartTime": "IMMEDIATE",
            "Frequency": "EVENT",
            "EventFilter": {"FilterType": "ENDPOINT", "Dimensions": event},
        },
        "MessageConfiguration": {
            "EmailMessage": {"Title": "Your password", "Body": "Choose a new one.", "FromAddress": _SENDER}
        },
    }
