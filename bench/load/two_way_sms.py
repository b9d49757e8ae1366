"""Texts of many handsets to several numbers, some told to the topic twice, some no texts at all."""

import json
import random
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.queues import wait_until_empty
from bench.load.scenario import Calls, LoadScenario
from bench.load.throttling import Throttling
from embedded.demo.account import Account
from embedded.demo.handsets import two_way_number
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage
from embedded.server import ACCOUNT
from embedded.sms_voice.simulator_numbers import SUCCESS

_STACK: Final = "TwoWaySms"
# AWS's simulators, which the safety catch lets through: each is one handset to each number.
_HANDSETS: Final = tuple(sorted(SUCCESS))
_ANSWERS: Final = {
    "hours": "We are open from 9 to 5, Monday to Friday.",
    "horario": "Abrimos de 9 a 17, de lunes a viernes.",
    "HELP": "Reply STOP to get no more messages from this number.",
}
_TEXTS_OF_NUMBER: Final = 500
_MOST_ENTRIES: Final = 10
# More parts a second than come: how fast a number may send is not what is measured.
_RATE: Final = 1_000


@dataclass(frozen=True)
class Text:
    """What one handset writes.

    Attributes:
        item: Which of the load.
        place: Of the number that it writes to.
    """

    item: int
    place: int
    handset: str
    body: str

    def document(self, seed: int, number: str) -> str:
        """What the number's topic is told; the same text is told under the same id."""
        return json.dumps(
            {
                "originationNumber": self.handset,
                "destinationNumber": number,
                "messageKeyword": f"KEYWORD_{ACCOUNT}",
                "messageBody": self.body,
                "inboundMessageId": f"load{seed}-{self.item}",
            }
        )


@dataclass(frozen=True)
class TwoWaySmsLoad(LoadScenario):
    """A text for each item, whose handset gets one answer; a bad item is no text."""

    title: ClassVar[str] = "Two-way SMS, under load"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)

    @property
    def settings(self) -> Mapping[str, str]:
        """We answer HELP ourselves."""
        return {"sms_opt_outs": "self"}

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """The good items."""
        chance = random.Random(self.load.seed)
        return tuple(
            Text(
                item,
                item % self._numbers,
                _HANDSETS[item // self._numbers % len(_HANDSETS)],
                chance.choice(list(_ANSWERS)),
            )
            for item in range(self.load.items - self.load.bad_items)
        )

    @cached_property
    def _answers(self) -> Counter[tuple[int, str, str]]:
        """How often each handset gets each answer from each number."""
        return Counter((one.place, one.handset, _ANSWERS[one.body]) for one in self.texts)

    @property
    def _numbers(self) -> int:
        return -(-self.load.items // _TEXTS_OF_NUMBER)

    @cached_property
    def _throttling(self) -> Throttling:
        return Throttling.of(self.load, "SendMessages")

    def expect(self) -> Counts:
        """Each text's one answer, and what is no text among the dead letters."""
        return {
            Cell("Handsets", "answers"): len(self.texts),
            Cell("Handsets", "answers missing"): 0,
            Cell("Handsets", "answers too many"): 0,
            Cell("Dead letters", "unreadable"): self.load.bad_items,
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Tells the topic of everything, waits until the queue is empty, and asks the handsets."""
        account, sms = stage.account, stage.account.client("pinpoint-sms-voice-v2")
        topic = account.output(_STACK, "TopicArn")
        numbers = [two_way_number(sms, topic, self_managed=True) for _ in range(self._numbers)]
        for number in numbers:
            _page(account, "PUT", "numbers", {"number": number, "rate": _RATE})
        self._throttling.begin(stage)
        published = list(self._published(numbers))
        narrator.step(f"telling the topic of {len(published):,} texts, of {len(numbers)} numbers")
        _publish(account, topic, published)
        answers = expected[Cell("Handsets", "answers")]
        narrator.step(f"waiting until the queue is empty, and there are {answers:,} answers")
        wait_until_empty(account, [account.output(_STACK, "QueueUrl")], narrator)
        got = Counter(_got(account, numbers))
        return {
            Cell("Handsets", "answers"): got.total(),
            Cell("Handsets", "answers missing"): (self._answers - got).total(),
            Cell("Handsets", "answers too many"): (got - self._answers).total(),
            **DeadLetters.of(account, _STACK).counts(),
        }

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """One call an answer, since each handset has its own."""
        return [self._throttling.calls(stage, len(self.texts))]

    def _published(self, numbers: Sequence[str]) -> Iterator[str]:
        """Everything in its order: what comes twice, comes long after."""
        chance = random.Random(self.load.seed + 1)
        once = [one.document(self.load.seed, numbers[one.place]) for one in self.texts]
        again = chance.sample(once, self.load.repeated_items)
        once += [f"load{self.load.seed}: no text {number}" for number in range(self.load.bad_items)]
        chance.shuffle(once)
        yield from once
        yield from again


def _publish(account: Account, topic: str, messages: Sequence[str]) -> None:
    for start in range(0, len(messages), _MOST_ENTRIES):
        entries = [
            {"Id": str(number), "Message": message}
            for number, message in enumerate(messages[start : start + _MOST_ENTRIES])
        ]
        answer = account.client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        if failed := answer.get("Failed"):
            raise RuntimeError(f"the topic did not take {len(failed)} of {len(entries)} messages")


def _got(account: Account, numbers: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    for place, number in enumerate(numbers):
        query = urllib.parse.urlencode({"from": number, "received": "true"})
        for message in _page(account, "GET", f"messages?{query}")["messages"]:
            yield place, message["To"], message["Body"]


def _page(account: Account, method: str, path: str, body: Any = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{account.endpoint}/_ministack/sms-voice/{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        told: dict[str, Any] = json.load(answer)
    return told
