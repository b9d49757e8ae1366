"""A handset's message on its way to the number's owner: once, later, or more than once."""

import logging
from dataclasses import dataclass
from typing import Any

from embedded.ministack_names import find
from embedded.server import ACCOUNT
from embedded.sms_voice.account import Account
from embedded.sms_voice.replies import Reply, act_on, new_reply
from embedded.sms_voice.resources import PhoneNumber
from embedded.sms_voice.service import Service
from embedded.sms_voice.topics import publish

_log = logging.getLogger(__name__)


class NoSuchNumber(LookupError):
    """A handset wrote to something that receives no messages."""


@dataclass(frozen=True)
class Written:
    """What somebody makes a handset send.

    Attributes:
        handset: In E.164.
        to: A number in E.164; empty for the one that the handset heard from last.
        body: The text.
        copies: How often the topic gets it: AWS promises at least once.
        delay: Seconds until the topic gets it, so that a later reply can overtake it.
    """

    handset: str
    body: str
    to: str = ""
    copies: int = 1
    delay: float = 0.0


def receive(service: Service, written: Written) -> dict[str, Any]:
    """Take a handset's message to the number that it is for.

    Args:
        service: Whose numbers.
        written: What the handset sends.

    Returns:
        What became of it, for whoever made the handset send it.

    Raises:
        NoSuchNumber: No number of ours is meant.
    """
    account, number = _find(service, written.to or _heard_from(service, written.handset))
    previous = service.network.last_to(written.handset, number.number)
    reply = new_reply(account, written.handset, number, written.body, previous.id if previous else None)
    answer = act_on(account, reply)
    if answer is not None:
        service.network.accept(account, answer)
    told: dict[str, Any] = {"InboundMessageId": reply.id, "Keyword": reply.keyword, "Published": False}
    if not account.settings_of(number).two_way:
        return {**told, "Refusal": f"{number.pool_id or number.id} has TwoWayEnabled off"}
    if written.delay:
        service.network.later(written.delay, lambda: _publish(account, reply, written.copies))
        return {**told, "Published": "later"}
    refusal = _publish(account, reply, written.copies)
    return {**told, "Published": refusal is None, **({"Refusal": refusal} if refusal else {})}


def _publish(account: Account, reply: Reply, copies: int) -> str | None:
    settings = account.settings_of(reply.number)
    refusal = None
    with find("ministack.core.responses.request_scope")(ACCOUNT, account.region):
        for _ in range(copies):
            refusal = publish(
                settings.channel_arn,
                reply.published(),
                source_arn=reply.number.arn,
                role_arn=settings.channel_role,
            )
    if refusal:
        _log.warning("%s: reply %s was lost: %s", reply.number.arn, reply.id, refusal)
    return refusal


def _heard_from(service: Service, handset: str) -> str:
    heard = [kept.message.origination for kept in service.network.messages(handset) if kept.is_received]
    if not heard:
        raise NoSuchNumber("The handset has received nothing to reply to: say which number it writes to")
    return heard[-1]


def _find(service: Service, number: str) -> tuple[Account, PhoneNumber]:
    for account in service.accounts():
        for found in account.numbers.values():
            if found.number == number:
                return account, found
    raise NoSuchNumber(f"{number} is not a number of this account. Sender ids receive no messages")
