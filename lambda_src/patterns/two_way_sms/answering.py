"""The course of one message: what it is, what it is answered, that once, and what follows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from patterns.two_way_sms.consent import Consents, OptInRefused
from patterns.two_way_sms.conversations import Answer, Busy, Consent, Conversations, Seen, Taken
from patterns.two_way_sms.inbound import Inbound
from patterns.two_way_sms.responder import Responder, ResponderFault, ask
from patterns.two_way_sms.sending import Lost, NotNow, OptedOut, Outcome, Refused, ReplySender, Sent
from patterns.two_way_sms.words import OPT_OUT_WORDS_OF_AWS, Meaning, Vocabulary, keyword_taken, normal_form
from pinpoint_runtime.ledger import Claimed, Duplicate, Held, Ledger, Settled, State
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, Dead, End, Finished, backoff

_LOG: Final = logger(__name__)
_LONGEST_BACKOFF: Final = 300.0
# Seconds until a message asks again whether it is its turn: soon, and not so often that hours of it use up
# the queue's 1,000 receives.
_LONGEST_TURN: Final = 8.0
_LONGEST_LATE_TURN: Final = 60.0
# After so many it goes before older ones that may be gone for good.
_MOST_PATIENT_RECEIVES: Final = 60
_OPTED_OUT: Final = "opted_out"
Handling: TypeAlias = Literal["aws", "self"]


@dataclass(frozen=True)
class Course:
    """How far a message came: what becomes of it in the queue, and as what it counts."""

    end: End
    count: str


@dataclass(frozen=True)
class Received:
    """A message as the queue gave it.

    Attributes:
        record_id: Of the queue's message.
        inbound: What it says.
        sent_at: When it was put into the queue, epoch seconds.
        receives: How often it was given.
    """

    record_id: str
    inbound: Inbound
    sent_at: float
    receives: int


@dataclass(frozen=True)
class Texts:
    """What is said by itself: to a word for help, and to confirm."""

    help: str
    opted_out: str
    opted_in: str


@dataclass(frozen=True)
class Rules:
    """How messages are answered.

    Attributes:
        opt_outs: `aws`: End User Messaging answers its own words and the number's keywords. `self`: we do.
        vocabulary: Words that are orders.
        texts: What is said by itself.
        responder_seconds: How long the responder may take.
        most_parts: Of a reply.
        max_attempts: Failures of the responder, or sends, before a message is given up.
        patience: Seconds in the queue after which it is given up, whatever the reason.
    """

    opt_outs: Handling
    vocabulary: Vocabulary
    texts: Texts
    responder_seconds: float
    most_parts: int
    max_attempts: int
    patience: float


@dataclass(frozen=True)
class Answering:
    """Answers messages, each conversation's one at a time.

    Attributes:
        responder: Who decides what is replied.
        rules: How.
        conversations: The table.
        consents: Who wants messages.
        ledger: What was sent.
        sender: How it is sent.
        clock: Epoch seconds.
    """

    responder: Responder
    rules: Rules
    conversations: Conversations
    consents: Consents
    ledger: Ledger
    sender: ReplySender
    clock: Callable[[], float] = time.time

    def run(self, received: Received) -> Course:
        """Take a message as far as it goes now."""
        inbound = received.inbound
        taken = self.conversations.take(
            inbound.conversation_id,
            received.record_id,
            inbound.at,
            patient=received.receives < _MOST_PATIENT_RECEIVES,
        )
        if isinstance(taken, Busy):
            return self._wait_for_turn(received, taken)
        late = inbound.at < taken.last_at
        taken = replace(taken, conversation=replace(taken.conversation, late=late))
        course = self._held(taken, received)
        if isinstance(course.end, Again):
            self.conversations.reserve(taken, course.end.seconds)
        else:
            self.conversations.give_back(taken)
        return course

    def _wait_for_turn(self, received: Received, busy: Busy) -> Course:
        inbound = received.inbound
        if self._too_old(received):
            self.conversations.leave(inbound.conversation_id, received.record_id, inbound.at)
            return Course(Dead("waited_too_long: for its turn"), "Failed")
        often = received.receives < _MOST_PATIENT_RECEIVES
        wait = backoff(received.receives, longest=_LONGEST_TURN if often else _LONGEST_LATE_TURN)
        return Course(Again(max(1.0, min(busy.seconds, wait))), "Postponed")

    def _held(self, taken: Taken, received: Received) -> Course:
        inbound = received.inbound
        seen = self.conversations.look(taken, inbound)
        if seen.done:
            return Course(Finished(), "Duplicates")
        if seen.answer is None and self._too_old(received):
            return Course(Dead("waited_too_long"), "Failed")
        try:
            answer = seen.answer or self._decide(taken, inbound, seen.consent)
            return self._answer(taken, received, answer, seen)
        except OptInRefused as refused:
            return Course(Dead(f"opt_in_refused: {refused.reason}"), "Failed")
        except ResponderFault as fault:
            failures = self.conversations.failed(taken, inbound)
            _LOG.warning("no reply", extra={"why": fault.reason, "failures": failures})
            if failures >= self.rules.max_attempts:
                return Course(Dead(fault.reason), "Failed")
            return Course(Again(backoff(failures, longest=_LONGEST_BACKOFF)), "Postponed")
        except Exception as error:  # noqa: BLE001 (the edge: it comes again, the others go on)
            _LOG.exception("message not answered", extra={"message_id": inbound.id})
            if self._too_old(received):
                return Course(Dead(f"waited_too_long: {type(error).__name__}"), "Failed")
            return Course(Again(backoff(received.receives, longest=_LONGEST_BACKOFF)), "Postponed")

    def _decide(self, taken: Taken, inbound: Inbound, consent: Consent) -> Answer:
        """What a message is answered; kept, with everything that has to be kept before it is said."""
        answer, state = self._order(taken, inbound, consent), None
        if answer is None and consent.opted_out:
            answer = Answer("", "WITHHELD")
        if answer is None:
            reply = ask(
                self.responder,
                inbound,
                taken.conversation,
                seconds=self.rules.responder_seconds,
                most_parts=self.rules.most_parts,
            )
            answer, state = Answer(reply.text, "REPLY"), reply.state
        self.conversations.keep_answer(taken, inbound, answer, state)
        return answer

    def _order(self, taken: Taken, inbound: Inbound, consent: Consent) -> Answer | None:
        """The answer to an order of the sender's; None if the message is for the responder."""
        by_aws = keyword_taken(inbound.body, inbound.keyword)
        meaning = self.rules.vocabulary.meaning(inbound.body)
        texts = self.rules.texts
        if self.rules.opt_outs == "self":
            if meaning is Meaning.TALK and by_aws:
                # A keyword of the number's own is answered by it, whoever manages opt-outs.
                return Answer("", "BY_AWS")
            by_aws = False
        elif by_aws:
            # It begins with the keyword, which is enough for End User Messaging.
            meaning = self.rules.vocabulary.meaning(inbound.keyword)
        else:
            by_aws = normal_form(inbound.body) in OPT_OUT_WORDS_OF_AWS
        match meaning:
            case Meaning.OPT_OUT:
                if inbound.at < consent.at:
                    return Answer("", "SUPERSEDED")
                self.consents.opt_out(taken, inbound)
                return Answer("" if by_aws else texts.opted_out, "OPT_OUT")
            case Meaning.OPT_IN:
                if inbound.at < consent.at or (inbound.at == consent.at and consent.opted_out):
                    return Answer("", "SUPERSEDED")
                self.consents.opt_in(taken, inbound, list_too=not by_aws)
                return Answer("" if by_aws else texts.opted_in, "OPT_IN")
            case Meaning.HELP:
                return Answer("" if by_aws else texts.help, "HELP")
            case Meaning.TALK:
                return Answer("", "BY_AWS") if by_aws else None

    def _answer(self, taken: Taken, received: Received, answer: Answer, seen: Seen) -> Course:
        inbound = received.inbound
        withheld = seen.consent.opted_out and answer.kind not in ("OPT_OUT", "OPT_IN")
        if not answer.text or withheld:
            count = "Withheld" if withheld or answer.kind == "WITHHELD" else "Unanswered"
            course = Course(Finished(), count)
        else:
            course = self._send_once(received, answer)
        if isinstance(course.end, Again):
            return course
        if answer.kind == "OPT_OUT" and answer.text:
            self.consents.close(inbound)
        if not isinstance(course.end, Dead):
            self.conversations.done(taken, inbound)
        return course

    def _send_once(self, received: Received, answer: Answer) -> Course:
        inbound = received.inbound
        claim = self.ledger.claim(inbound.id, owner=inbound.conversation_id, generation=inbound.generation)
        match claim:
            case Claimed() if self._too_old(received):
                return self._refused(claim, "waited_too_long")
            case Claimed():
                return self._settled(claim, self.sender.send(inbound, answer.text), received)
            case Settled(state, reason):
                return _course(state, reason)
            case Held(until):
                return Course(Again(max(1.0, until - self.clock() + 1)), "Postponed")
            case Duplicate():
                return Course(Dead("message_id_of_another_conversation"), "Failed")

    def _settled(self, claim: Claimed, outcome: Outcome, received: Received) -> Course:
        match outcome:
            case Sent():
                self.ledger.settle(claim, State.DELIVERED)
                return _course(State.DELIVERED, "")
            case OptedOut():
                return self._refused(claim, _OPTED_OUT)
            case Refused(reason):
                return self._refused(claim, reason)
            case Lost(reason):
                self.ledger.settle(claim, State.UNKNOWN, reason)
                return _course(State.UNKNOWN, reason)
            case NotNow(reason, counts) if counts and claim.attempts >= self.rules.max_attempts:
                return self._refused(claim, f"retries_exhausted: {reason}")
            case NotNow(_, counts):
                self.ledger.reopen(claim, counts=counts)
                times = claim.attempts if counts else received.receives
                return Course(Again(backoff(times, longest=_LONGEST_BACKOFF)), "Postponed")

    def _refused(self, claim: Claimed, reason: str) -> Course:
        self.ledger.settle(claim, State.FAILED, reason)
        return _course(State.FAILED, reason)

    def _too_old(self, received: Received) -> bool:
        return self.clock() - received.sent_at > self.rules.patience


def _course(state: State, reason: str) -> Course:
    if state is State.DELIVERED:
        return Course(Finished(), "Answered")
    if state is State.UNKNOWN:
        return Course(Finished(), "Unknown")
    if reason == _OPTED_OUT:
        return Course(Finished(), "Withheld")
    return Course(Dead(reason), "Failed")
