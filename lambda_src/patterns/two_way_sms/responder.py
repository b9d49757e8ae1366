"""What answers: a responder sees one message and the state of its conversation, and says what to reply.

It sends nothing, keeps nothing and knows nothing of repetitions, order and opt-outs: the worker does.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, cast

from patterns.two_way_sms.inbound import Inbound
from patterns.two_way_sms.parts import parts

# The most that SendMessages takes as a text, and what a DynamoDB item has room for beside it.
MOST_CHARACTERS: Final = 1_600
MOST_STATE_BYTES: Final = 100_000


@dataclass(frozen=True)
class Conversation:
    """All that was said between a handset and a number of ours, as far as the responder keeps it.

    Attributes:
        id: The same for every message of the conversation: 32 hex digits, so that it fits a session id of
            Amazon Lex, and tells nobody the phone number.
        state: What the last reply left, a JSON object; empty at first, and after a long silence.
        late: Whether a newer message was answered before. The state is that of the newer one, and stays.
    """

    id: str
    state: Mapping[str, Any] = field(default_factory=dict[str, Any])
    late: bool = False


@dataclass(frozen=True)
class Reply:
    """What a responder wants.

    Attributes:
        text: What the handset gets; empty for nothing.
        state: What the next message will find; None leaves the state as it is.
    """

    text: str = ""
    state: Mapping[str, Any] | None = None


class Responder(Protocol):
    """Answers one message at a time, from several threads, each conversation in one of them."""

    def reply(self, inbound: Inbound, conversation: Conversation) -> Reply | None:
        """The reply, or None for none. What it raises is a failure: it is asked again later."""
        ...


class ResponderFault(Exception):
    """A responder raised, took too long, or gave what is no reply. `reason` names no one."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSuchFactory(Exception):
    """A setting names no factory."""


def load(setting: str, name: str) -> Any:
    """What the factory gives that `module:factory` names.

    Args:
        setting: Where the name comes from, for the error.
        name: The factory.

    Raises:
        NoSuchFactory: There is none.
    """
    module, _, factory = name.partition(":")
    try:
        make = getattr(import_module(module), factory)
    except (ImportError, AttributeError, ValueError) as error:
        raise NoSuchFactory(
            f"{setting} must be module:factory of a function in reach, got {name!r}"
        ) from error
    return make()


def ask(
    responder: Responder, inbound: Inbound, conversation: Conversation, *, seconds: float, most_parts: int
) -> Reply:
    """A responder's checked reply.

    Args:
        responder: Who is asked.
        inbound: The message.
        conversation: Its conversation.
        seconds: How long it may take. Afterwards nobody waits for it any more, though nothing can end it.
        most_parts: Of a reply.

    Raises:
        ResponderFault: There is no reply that could be sent.
    """
    given = _within(seconds, lambda: responder.reply(inbound, conversation))
    reply = Reply() if given is None else given
    problem = problem_of(reply, most_parts=most_parts)
    if problem:
        raise ResponderFault(f"responder_reply_invalid: {problem}")
    return cast(Reply, reply)


def problem_of(reply: object, *, most_parts: int) -> str | None:
    """Why a reply cannot be sent, None if it can: for the worker, and for the tests of a responder.

    Args:
        reply: What a responder gave.
        most_parts: The construct's setting.
    """
    if not isinstance(reply, Reply):
        return f"a Reply or None is needed, not {type(reply).__name__}"
    text = cast(object, reply.text)
    if not isinstance(text, str):
        return f"text must be a text, not {type(text).__name__}"
    if text and not text.strip():
        return "text is blank"
    if len(text) > MOST_CHARACTERS:
        return f"text has {len(text)} characters, at most {MOST_CHARACTERS} are sent"
    if parts(text) > most_parts:
        return f"text has {parts(text)} parts, at most {most_parts} are sent"
    return _problem_of_state(reply.state)


def _problem_of_state(state: object) -> str | None:
    if state is None:
        return None
    if not isinstance(state, Mapping):
        return f"state must be a JSON object, not {type(state).__name__}"
    try:
        size = len(json.dumps(dict(cast("Mapping[str, Any]", state)), allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return "state must hold what JSON can hold"
    return f"state has {size} bytes, at most {MOST_STATE_BYTES}" if size > MOST_STATE_BYTES else None


def _within(seconds: float, call: Callable[[], object]) -> object:
    answers: SimpleQueue[tuple[object, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(), None))
        except BaseException as error:  # noqa: BLE001 (handed over to whoever waits)
            answers.put((None, error))

    # A daemon: what hangs must not keep the process from ending.
    threading.Thread(target=run, daemon=True).start()
    try:
        answer, error = answers.get(timeout=seconds)
    except Empty:
        raise ResponderFault("responder_timed_out") from None
    if isinstance(error, ResponderFault):
        raise error
    if error is not None:
        raise ResponderFault(f"responder_raised: {type(error).__name__}") from error
    return answer
