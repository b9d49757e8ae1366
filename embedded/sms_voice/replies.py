"""What handsets send to a number: keywords are answered, opt-outs kept, and the rest told to its topic.

https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms.html
https://docs.aws.amazon.com/sms-voice/latest/userguide/opt-out-list-keywords.html
"""

import uuid
from dataclasses import dataclass
from typing import Final

from embedded.server import ACCOUNT
from embedded.sms_voice.account import HELP, STOP, Account
from embedded.sms_voice.messages import Message
from embedded.sms_voice.operations.keywords import capitals
from embedded.sms_voice.operations.opt_outs import opt_out
from embedded.sms_voice.parts import measure
from embedded.sms_voice.resources import Keyword, PhoneNumber
from embedded.sms_voice.simulator_numbers import country_of

OPT_OUT_WORDS: Final = frozenset(
    {"ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", STOP, "TD", "UNSUBSCRIBE"}
)
"""Words that AWS takes as an opt-out on every number, unless opt-outs are self-managed."""


@dataclass(frozen=True)
class Reply:
    """A message from a handset.

    Attributes:
        handset: In E.164.
        body: All of it.
        keyword: The number's word that it is, or the account's own for all others.
        previous: Id of the last message that the handset got from the number, if any.
    """

    id: str
    handset: str
    number: PhoneNumber
    body: str
    keyword: str
    previous: str | None

    def published(self) -> dict[str, str]:
        """The document that the topic gets."""
        document = {
            "originationNumber": self.handset,
            "destinationNumber": self.number.number,
            "messageKeyword": self.keyword,
            "messageBody": self.body,
            "inboundMessageId": self.id,
        }
        return (
            document
            if self.previous is None
            else {
                **document,
                "previousPublishedMessageId": self.previous,
            }
        )


def new_reply(account: Account, handset: str, number: PhoneNumber, body: str, previous: str | None) -> Reply:
    """A reply with the keyword that it is."""
    word = capitals(body)
    keyword = word if word in account.keywords_of(number) else f"KEYWORD_{ACCOUNT}"
    return Reply(str(uuid.uuid4()), handset, number, body, keyword, previous)


def act_on(account: Account, reply: Reply) -> Message | None:
    """Opt the handset out or in, as the keyword says, and answer with the keyword's message.

    Args:
        account: Whose number it is.
        reply: What the handset sent.

    Returns:
        The answer, for the handset; None if there is none.
    """
    settings = account.settings_of(reply.number)
    keyword = _keyword_of(account, reply, self_managed=settings.self_managed_opt_outs)
    if keyword is None:
        return None
    # Kept before it is confirmed, so that no confirmation is untrue.
    if keyword.action == "OPT_OUT":
        opt_out(account, settings.opt_out_list, reply.handset, by_the_user=True)
    elif keyword.action == "OPT_IN":
        account.opted_out[settings.opt_out_list].pop(reply.handset, None)
    return _answer(account, reply, keyword)


def _keyword_of(account: Account, reply: Reply, *, self_managed: bool) -> Keyword | None:
    word = capitals(reply.body)
    keywords = account.keywords_of(reply.number)
    found = keywords.get(word)
    if self_managed:
        is_ours = found is not None and (word in {HELP, STOP} or found.action != "AUTOMATIC_RESPONSE")
        return None if is_ours else found
    return keywords[STOP] if found is None and word in OPT_OUT_WORDS else found


def _answer(account: Account, reply: Reply, keyword: Keyword) -> Message:
    measured = measure(keyword.message)
    return Message(
        id=str(uuid.uuid4()),
        kind="TEXT",
        destination=reply.handset,
        origination=reply.number.number,
        origination_id=reply.number.id,
        country=country_of(reply.handset),
        is_international=False,
        body=keyword.message,
        encoding=measured.encoding,
        parts=measured.parts,
        price=0.0,
        message_type="TRANSACTIONAL",
        at=account.clock(),
    )
