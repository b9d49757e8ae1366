"""Handsets text a number, ask, stop, are left alone and start again, and what is no message is put aside."""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from embedded.demo.account import Account
from embedded.demo.handsets import received, two_way_number, write
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

# AWS's simulator numbers, which the safety catch lets through. A number comes off an opt-out list once in 30
# days, so that the tests have others.
_HANDSETS: Final = (
    "+61455944038",
    "+32460213922",
    "+41798075872",
    "+56229140630",
    "+420790542286",
    "+4525919410",
    "+37282720792",
    "+34683783440",
    "+3584573979110",
    "+85257048426",
    "+36707178770",
    "+447937404990",
)
_QUESTIONS: Final = ("HELP", "Hours?", "horario", "hello there", "please don't stop")
_TALK: Final = "Write HOURS for our opening hours, HELP for help, STOP to get no more messages."
_ANSWERS: Final = {
    "HELP": "Reply STOP to get no more messages from this number.",
    "Hours?": "We are open from 9 to 5, Monday to Friday.",
    "horario": "Abrimos de 9 a 17, de lunes a viernes.",
    "hello there": _TALK,
    "please don't stop": _TALK,
    "Stop!": "You will get no more messages from this number. Reply START to get them again.",
    "start": "You will get messages from this number again. Reply STOP to end them.",
}
_POISON: Final = ("not a message to {}", '{{"to": "{}"}}', '{{"originationNumber": "{}"}}')
_STACK: Final = "TwoWaySms"
_PATIENCE_SECONDS: Final = 300.0
# SNS of the embedded AWS tells whole seconds, and at the same one an opt-out counts more than an opt-in.
_PHASE_SECONDS: Final = 1.1


@dataclass(frozen=True)
class _Chat:
    """What one handset writes: questions, and then for some an opt-out, what is not heard, and an opt-in.

    Attributes:
        questions: Each with how often its topic gets it.
    """

    handset: str
    questions: tuple[tuple[str, int], ...]
    stops: bool
    starts: bool

    def phases(self) -> Sequence[Sequence[tuple[str, int]]]:
        """Texts, of which each phase's are answered before the next is written."""
        phases: list[Sequence[tuple[str, int]]] = [[each] for each in self.questions]
        if self.stops:
            phases += [[("Stop!", 2)], [("Hours?", 1), ("HELP", 2)]]
        if self.starts:
            phases += [[("start", 1)], [("Hours?", 2)]]
        return phases

    def answers(self) -> Counter[str]:
        """How often it gets each text."""
        bodies = [body for body, _ in self.questions]
        bodies += ["Stop!"] if self.stops else []
        bodies += ["start", "Hours?"] if self.starts else []
        return Counter(_ANSWERS[body] for body in bodies)


def _chats(seed: int) -> tuple[_Chat, ...]:
    rng = random.Random(seed)
    chats: list[_Chat] = []
    for place, handset in enumerate(_HANDSETS):
        bodies = rng.sample(_QUESTIONS, rng.randint(1, len(_QUESTIONS)))
        questions = tuple((body, rng.choice((1, 1, 2, 3))) for body in bodies)
        chats.append(_Chat(handset, questions, stops=place % 3 != 0, starts=place % 3 == 1))
    return tuple(chats)


@dataclass(frozen=True)
class TwoWaySms(Scenario):
    """Twelve handsets, every third of which stops for good; the topic gets many texts more than once."""

    title: ClassVar[str] = "Two-way SMS"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)

    @property
    def settings(self) -> Mapping[str, str]:
        """We answer STOP and HELP ourselves."""
        return {"sms_opt_outs": "self"}

    def expect(self) -> Counts:
        """Every text of every handset, and what is left in the table, the project and the dead letters."""
        chats = _chats(self.options.seed)
        written = [text for chat in chats for phase in chat.phases() for text in phase]
        stopped = sum(chat.stops and not chat.starts for chat in chats)
        answers: Counter[str] = sum((chat.answers() for chat in chats), Counter())
        return {
            Cell("Handsets", "texts written"): len(written),
            Cell("Handsets", "copies that the topic got"): sum(copies for _, copies in written),
            **{Cell("Handsets", f"got {_short(text)}"): answers[text] for text in sorted(answers)},
            Cell("Table", "messages that are done"): len(written),
            Cell("Table", "handsets that want nothing"): stopped,
            Cell("Opt-out list", "handsets on it"): stopped,
            Cell("Project", "endpoints opted out"): stopped,
            Cell("Project", "endpoints opted in"): sum(chat.starts for chat in chats),
            Cell("Dead letters", "unreadable"): len(_POISON),
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Lets all handsets write phase by phase, and waits after each until all is answered."""
        talk = _Talk.begin(stage.account, _chats(self.options.seed))
        narrator.step(f"{len(_HANDSETS)} handsets text {talk.number}, many texts more than once")
        phases = [chat.phases() for chat in talk.chats]
        counts: Counter[Cell] = Counter()
        for number in range(max(map(len, phases))):
            for chat, phase in zip(talk.chats, phases, strict=True):
                for body, copies in phase[number] if number < len(phase) else ():
                    write(stage.account.endpoint, chat.handset, body, number=talk.number, copies=copies)
                    counts[Cell("Handsets", "texts written")] += 1
                    counts[Cell("Handsets", "copies that the topic got")] += copies
            talk.wait_for(counts[Cell("Handsets", "texts written")])
        narrator.step("publishing what is no message, and waiting for the dead letters")
        talk.publish([text.format(talk.number) for text in _POISON])
        return settle(expected, counts, talk.counts, narrator)


@dataclass(frozen=True)
class _Talk:
    """A number of its own, and what can be read about those who write to it."""

    account: Account
    number: str
    chats: tuple[_Chat, ...]
    letters: DeadLetters

    @classmethod
    def begin(cls, account: Account, chats: tuple[_Chat, ...]) -> "_Talk":
        sms, topic = account.client("pinpoint-sms-voice-v2"), account.output(_STACK, "TopicArn")
        number = two_way_number(sms, topic, self_managed=True)
        return cls(account, number, chats, DeadLetters.of(account, _STACK, mark=number))

    def publish(self, texts: Sequence[str]) -> None:
        for text in texts:
            self.account.client("sns").publish(TopicArn=self.account.output(_STACK, "TopicArn"), Message=text)

    def wait_for(self, texts: int) -> None:
        """Until nothing is left to do for so many; what does not come to that is seen in the end."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._done() < texts and time.monotonic() < deadline:
            time.sleep(1)
        time.sleep(_PHASE_SECONDS)

    def _done(self) -> int:
        return sum(self._items(lambda item: "done" in item))

    def counts(self) -> Counter[Cell]:
        """All that is read in the end."""
        got: Counter[Cell] = Counter()
        for chat in self.chats:
            for text in received(self.account.endpoint, chat.handset, number=self.number):
                got[Cell("Handsets", f"got {_short(text)}")] += 1
        silent = self._items(lambda item: item.get("opted_out") == {"BOOL": True})
        got[Cell("Table", "messages that are done")] = self._done()
        got[Cell("Table", "handsets that want nothing")] = sum(silent)
        got[Cell("Opt-out list", "handsets on it")] = self._listed()
        return got + self._endpoints() + self.letters.counts()

    def _items(self, is_one: Callable[[dict[str, dict[str, object]]], bool]) -> list[bool]:
        found: list[bool] = []
        for chat in self.chats:
            key = hashlib.sha256(f"{chat.handset}\n{self.number}".encode()).hexdigest()[:32]
            answer = self.account.client("dynamodb").query(
                TableName=self.account.output(_STACK, "TableName"),
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": key}},
                ConsistentRead=True,
            )
            found += [is_one(item) for item in answer["Items"]]
        return found

    def _listed(self) -> int:
        pages = self.account.client("pinpoint-sms-voice-v2").get_paginator("describe_opted_out_numbers")
        numbers = [
            entry["OptedOutNumber"]
            for page in pages.paginate(OptOutListName="Default")
            for entry in page["OptedOutNumbers"]
        ]
        return sum(chat.handset in numbers for chat in self.chats)

    def _endpoints(self) -> Counter[Cell]:
        pinpoint, counts = self.account.client("pinpoint"), Counter[Cell]()
        application = self.account.output("Project", "ApplicationId")
        for chat in self.chats:
            endpoint_id = f"sms-{hashlib.sha256(chat.handset.encode()).hexdigest()[:32]}"
            try:
                found = pinpoint.get_endpoint(ApplicationId=application, EndpointId=endpoint_id)
            except pinpoint.exceptions.NotFoundException:
                continue
            opt_out = found["EndpointResponse"]["OptOut"]
            counts[Cell("Project", f"endpoints opted {'out' if opt_out == 'ALL' else 'in'}")] += 1
        return counts


def _short(text: str) -> str:
    return f'"{text[:24].rstrip()}…"'
