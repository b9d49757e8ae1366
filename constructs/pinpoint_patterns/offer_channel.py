"""A custom channel that gives each user one of several offers, the same wherever it is shown."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.custom_channel import CustomChannel
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

# Of an endpoint's attributes: https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html
_LONGEST_VALUE: Final = 100
_ATTRIBUTE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
_SET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# A function's variables have 4 KB altogether.
_LONGEST_SETTING: Final = 3000


@dataclass(frozen=True)
class OfferSet:
    """Offers of which each user gets one, once.

    Attributes:
        name: What a campaign's Data says: `{"offer_set": "<name>"}`.
        offers: The offers, to be given equally often; or their weights by offer.
        attribute: The user attribute that holds it, of letters, digits and `_`: templates say
            `{{User.UserAttributes.<attribute>}}`.
    """

    name: str
    offers: Sequence[str] | Mapping[str, int]
    attribute: str = "Offer"

    def __post_init__(self) -> None:
        if not _SET_NAME.fullmatch(self.name):
            raise ValueError(f"name must be up to 64 letters, digits, - and _, got {self.name!r}")
        if not _ATTRIBUTE.fullmatch(self.attribute):
            raise ValueError(f"attribute must be up to 50 letters, digits and _, got {self.attribute!r}")
        if isinstance(self.offers, str) or not self.offers:
            raise ValueError(f"offers of {self.name!r} must be a list of texts, or weights by text")
        for offer, weight in self.weights.items():
            if not 1 <= len(offer) <= _LONGEST_VALUE:
                raise ValueError(f"an offer has 1 to {_LONGEST_VALUE} characters, got {len(offer)}")
            if not 1 <= weight <= 1_000_000:
                raise ValueError(f"the weight of an offer must be 1 to 1,000,000, got {weight}")

    @property
    def weights(self) -> dict[str, int]:
        """How often each is given, in proportion."""
        return dict(self.offers) if isinstance(self.offers, Mapping) else dict.fromkeys(self.offers, 1)


class OfferChannel(CustomChannel):
    """A custom channel that assigns an offer and writes it to every endpoint of the user.

    A user keeps an offer for as long as `keep` says, in whatever campaigns and however often the channel is
    run. An endpoint without a user gets one of its own, as its own attribute of the same name.

    Args:
        project: Whose campaigns and journeys may use the channel.
        offer_sets: What may be given; names are given once.
        keep: How long an assignment holds, 1 day to 10 years.
        table: Where assignments are, with the keys `pk` and `sk` and the TTL attribute `ttl`; a new one by
            default.
        name: The channel's name in result events and metrics.
        max_concurrency: Sender functions at once, 2 to 1,000. UpdateEndpointsBatch has a quota an account.
        encryption_key: A key for queues, ledger and table; the services' own by default.

    Raises:
        ValueError: There is no set, two of one name, more than a function's settings hold, or a time outside
            the bounds.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        offer_sets: Sequence[OfferSet],
        keep: Duration | None = None,
        table: dynamodb.ITable | None = None,
        name: str = "offer",
        max_concurrency: int = 2,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        kept = keep or Duration.days(365)
        if not 1 <= kept.to_days(integral=False) <= 3650:
            raise ValueError(f"keep must be 1 day to 10 years, got {kept.to_human_string()}")
        super().__init__(
            scope,
            construct_id,
            project=project,
            name=name,
            adapter="channels.offer.adapter:adapter",
            code=["channels/offer"],
            environment={
                "OFFER_SETS": _setting(offer_sets),
                "OFFERS_KEEP_SECONDS": str(round(kept.to_seconds())),
            },
            max_concurrency=max_concurrency,
            encryption_key=encryption_key,
        )
        self._project = project
        self.table = table or state_table(self, "Offers", sort_key=True, encryption_key=encryption_key)
        self.table.grant(self.sender.function, "dynamodb:PutItem")
        self.sender.function.add_environment("OFFERS_TABLE", self.table.table_name)
        project.grant(self.sender.function, "GetUserEndpoints", "GetEndpoint", "UpdateEndpointsBatch")

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people."""
        offers = PersonalStore.keyed(
            f"{self.node.path}: offers",
            self.table,
            code="channels/offer",
            actions=("Query", "DeleteItem"),
            settings={"application_id": self._project.application_id},
        )
        return [*super().personal_stores, offers]


def _setting(offer_sets: Sequence[OfferSet]) -> str:
    names = [each.name for each in offer_sets]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"offer_sets must hold at least one, and each name once, got {names}")
    text = json.dumps(
        {each.name: {"attribute": each.attribute, "offers": each.weights} for each in offer_sets}
    )
    if len(text) > _LONGEST_SETTING:
        raise ValueError(f"offer_sets must have at most {_LONGEST_SETTING} bytes as JSON, got {len(text)}")
    return text
