"""What an account has in one Region, and how a request's references are resolved."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from embedded.server import ACCOUNT
from embedded.sms_voice.errors import NotFound
from embedded.sms_voice.pace import Pace
from embedded.sms_voice.resources import (
    DEFAULT_LIST,
    ConfigurationSet,
    Keyword,
    OptedOut,
    OptOutList,
    PhoneNumber,
    Pool,
    SenderId,
    Settings,
    is_arn,
    name_of,
)

HELP: Final = "HELP"
STOP: Final = "STOP"
_HELP_MESSAGE: Final = "Reply STOP to end messages from this number."
_STOP_MESSAGE: Final = "You get no more messages from this number. Reply HELP for help."

Identity = PhoneNumber | SenderId


@dataclass
class Account:
    """The resources of one Region, by id or name.

    Attributes:
        keywords: Of a number or a pool by its id, by the word in capitals.
        opted_out: Numbers by the name of their list.
        opted_in_at: When a number was last taken off a list, by list and number.
        pace: Of every sender.
        clock: Seconds since the epoch.
    """

    region: str
    clock: Callable[[], float] = time.time
    pace: Pace = field(default_factory=Pace)
    numbers: dict[str, PhoneNumber] = field(default_factory=dict[str, PhoneNumber])
    sender_ids: dict[str, SenderId] = field(default_factory=dict[str, SenderId])
    pools: dict[str, Pool] = field(default_factory=dict[str, Pool])
    opt_out_lists: dict[str, OptOutList] = field(default_factory=dict[str, OptOutList])
    opted_out: dict[str, dict[str, OptedOut]] = field(default_factory=dict[str, dict[str, OptedOut]])
    opted_in_at: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    configuration_sets: dict[str, ConfigurationSet] = field(default_factory=dict[str, ConfigurationSet])
    keywords: dict[str, dict[str, Keyword]] = field(default_factory=dict[str, dict[str, Keyword]])
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def __post_init__(self) -> None:
        """Every account has one list from the beginning."""
        arn = self.arn("opt-out-list", DEFAULT_LIST)
        self.opt_out_lists[DEFAULT_LIST] = OptOutList(arn=arn, name=DEFAULT_LIST, created=self.clock())
        self.opted_out[DEFAULT_LIST] = {}

    def arn(self, kind: str, name: str) -> str:
        """Of a resource of this Region."""
        return f"arn:aws:sms-voice:{self.region}:{ACCOUNT}:{kind}/{name}"

    def number(self, reference: str) -> PhoneNumber:
        """A phone number by its id or ARN.

        Raises:
            NotFound: There is none.
        """
        found = self.numbers.get(name_of(reference))
        if found is None:
            raise NotFound("phone-number", reference)
        return found

    def pool(self, reference: str) -> Pool:
        """A pool by its id or ARN.

        Raises:
            NotFound: There is none.
        """
        found = self.pools.get(name_of(reference))
        if found is None:
            raise NotFound("pool", reference)
        return found

    def sender_id(self, reference: str, country: str) -> SenderId:
        """A sender id by its name and country, or by its ARN.

        Raises:
            NotFound: There is none.
        """
        key = name_of(reference) if is_arn(reference) else f"{reference}/{country}"
        found = self.sender_ids.get(key)
        if found is None:
            raise NotFound("sender-id", key)
        return found

    def opt_out_list(self, reference: str) -> OptOutList:
        """An opt-out list by its name or ARN.

        Raises:
            NotFound: There is none.
        """
        found = self.opt_out_lists.get(name_of(reference))
        if found is None:
            raise NotFound("opt-out-list", reference)
        return found

    def configuration_set(self, reference: str) -> ConfigurationSet:
        """A configuration set by its name or ARN.

        Raises:
            NotFound: There is none.
        """
        found = self.configuration_sets.get(name_of(reference))
        if found is None:
            raise NotFound("configuration-set", reference)
        return found

    def number_or_pool(self, reference: str) -> PhoneNumber | Pool:
        """What keywords can be put on, by id or ARN.

        Raises:
            NotFound: There is none.
        """
        return self.pool(reference) if name_of(reference).startswith("pool-") else self.number(reference)

    def members(self, pool_id: str) -> list[Identity]:
        """The numbers and sender ids of a pool, in the order in which they were made."""
        both: list[Identity] = [*self.numbers.values(), *self.sender_ids.values()]
        return [identity for identity in both if pool_id in pools_of(identity)]

    def settings_of(self, identity: Identity) -> Settings:
        """The pool's settings, or the number's own. A sender id has none but the default list."""
        if not isinstance(identity, PhoneNumber):
            return Settings()
        return self.pools[identity.pool_id].settings if identity.pool_id else identity.settings

    def keywords_of(self, number: PhoneNumber) -> dict[str, Keyword]:
        """The words that a number answers: the pool's, or its own."""
        return self.keywords[number.pool_id or number.id]

    def new_keywords(self, owner: str) -> None:
        """Give a number or a pool the two words that each has."""
        self.keywords[owner] = {
            HELP: Keyword(word=HELP, message=_HELP_MESSAGE),
            STOP: Keyword(word=STOP, message=_STOP_MESSAGE, action="OPT_OUT"),
        }


def pools_of(identity: Identity) -> tuple[str, ...]:
    """The ids of the pools that an identity is in."""
    if isinstance(identity, SenderId):
        return identity.pool_ids
    return (identity.pool_id,) if identity.pool_id else ()


def new_id(prefix: str) -> str:
    """Such as `phone-0123456789abcdef0123456789abcdef`."""
    return f"{prefix}-{uuid.uuid4().hex}"
