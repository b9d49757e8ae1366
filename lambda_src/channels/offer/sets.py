"""Offer sets: what may be given, to whom which is given, and what a campaign asks for."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, cast


class DataUnreadable(Exception):
    """A campaign's Data names no offer set; `reason` says what it is, without quoting it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class OfferSet:
    """Offers of which a user gets one.

    Attributes:
        name: As a campaign's Data says it.
        attribute: Under which the offer is noted.
        offers: Weight by offer; more than nothing altogether.
    """

    name: str
    attribute: str
    offers: Mapping[str, int]

    def choose(self, application_id: str, who: str) -> str:
        """The offer of somebody: as good as drawn by lot, and the same whenever it is drawn.

        Args:
            application_id: The project.
            who: From `holder`.
        """
        drawn = hashlib.sha256("\n".join((application_id, self.name, who)).encode()).digest()
        ticket = int.from_bytes(drawn[:8], "big") % sum(self.offers.values())
        upto = zip(self.offers, accumulate(self.offers.values()), strict=True)
        return next(offer for offer, end in upto if ticket < end)


def holder(user_id: str, endpoint_id: str) -> str:
    """Who holds an offer: the user or, without one, the endpoint, whose id knows no case."""
    return f"USER#{user_id}" if user_id else f"ENDPOINT#{endpoint_id.lower()}"


def offer_sets(text: str) -> Mapping[str, OfferSet]:
    """The sets by name, from the function's setting."""
    declared: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return {name: OfferSet(name, one["attribute"], one["offers"]) for name, one in declared.items()}


def wanted_set(sets: Mapping[str, OfferSet], data: str) -> OfferSet:
    """The set that a campaign's Data asks for: `{"offer_set": "spring"}`; nothing asks for the only one.

    Raises:
        DataUnreadable: It asks for none that there is.
    """
    if not data.strip() and len(sets) == 1:
        return next(iter(sets.values()))
    try:
        asked: object = json.loads(data)
    except (ValueError, RecursionError):
        raise DataUnreadable("data_is_not_json") from None
    name = cast("dict[str, Any]", asked).get("offer_set") if isinstance(asked, dict) else None
    if not isinstance(name, str):
        raise DataUnreadable("data_names_no_offer_set")
    if name not in sets:
        raise DataUnreadable("unknown_offer_set")
    return sets[name]
