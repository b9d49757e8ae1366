"""The file that is dropped in: endpoints from a seed, some rows bad on purpose."""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from embedded.demo.scenarios.campaign.bad_rows import HEADER, KINDS
from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.message_api import UNKNOWN_PREFIX

_NAMES = ("Ada", "Zoë", "José", "Ngọc", "Sean O'Neil", 'Bill "Bo" Day', "李雷", "Fatima", "Søren", "Grace")
_PLACES = (
    ("US", "Washington, DC", "38.9", "-77.0"),
    ("FR", "Paris", "48.9", "2.3"),
    ("JP", "東京", "35.7", "139.7"),
    ("BR", "São Paulo", "", ""),
    ("", "", "", ""),
)
_INTERESTS = ("running", "chess", "opera", "baking", "")


@dataclass(frozen=True)
class Endpoint:
    """One good row.

    Args:
        endpoint_id: Its id.
        channel: CUSTOM or EMAIL.
        address: A handle at the ISV, or an address at the mail simulator.
        user_id: Whose it is.
        opted_out: Whether it wants nothing.
    """

    endpoint_id: str
    channel: str
    address: str
    user_id: str
    opted_out: bool = False


@dataclass(frozen=True)
class Plan:
    """The demo's file and what is in it.

    Args:
        endpoints: The good rows.
        bad: How many bad rows there are of each kind.
        content: The file.
    """

    endpoints: tuple[Endpoint, ...]
    bad: dict[str, int]
    content: bytes


@dataclass(frozen=True)
class Mix:
    """How many endpoints there are of each kind, in the proportions of a file of 1,960 good rows.

    Args:
        good: Good rows; at least 50, so that there is one of each kind.
    """

    good: int

    def part(self, of_1960: int) -> int:
        """At least one, so that every kind happens in every file."""
        return max(1, round(of_1960 * self.good / 1_960))

    @property
    def custom(self) -> int:
        """Handles; the other good rows are mail addresses."""
        return self.part(1_400)

    @property
    def mixed_users(self) -> int:
        """Users with two handles and two mail addresses: the cap is met in the second campaign."""
        return self.part(10)

    @property
    def busy_users(self) -> int:
        """Users with five handles: the cap is met in the first campaign."""
        return self.part(12)

    @property
    def gone(self) -> int:
        """Handles that belong to nobody any more."""
        return self.part(15)

    @property
    def bounces(self) -> int:
        """Mailboxes that bounce."""
        return self.part(30)

    @property
    def complaints(self) -> int:
        """Mailboxes that complain."""
        return self.part(10)

    def opted_out(self, channel: str) -> int:
        """Endpoints that want nothing."""
        return self.part({"CUSTOM": 60, "EMAIL": 25}[channel])

    def shared(self, channel: str) -> dict[int, int]:
        """By number of sharers, addresses that endpoints share: importing one makes the others inactive."""
        pairs, triples = {"CUSTOM": (30, 5), "EMAIL": (10, 2)}[channel]
        return {2: self.part(pairs), 3: self.part(triples)}


def make_plan(seed: int, faults: FaultPlan, *, people: int, bad_rows: int) -> Plan:
    """Makes the file; the same arguments make the same bytes.

    Args:
        seed: Decides everything that looks random.
        faults: The message vendor's bad day: users near the frequency cap get handles that meet no fault,
            since which of their endpoints comes first is not ours to say.
        people: Rows, the bad ones included.
        bad_rows: How many of them no import may take.
    """
    chance = random.Random(seed)
    made = _People(chance.randrange(16**4), faults, Mix(people - bad_rows))
    endpoints = [*made.custom(), *made.email(), *made.on_both_channels()]
    bad = [list(KINDS)[number % len(KINDS)] for number in range(bad_rows)]
    lines = [_line(endpoint, chance) for endpoint in endpoints]
    lines += [KINDS[kind](number) for number, kind in enumerate(bad)]
    chance.shuffle(lines)
    content = b"\n".join([",".join(HEADER).encode(), *lines, b""])
    return Plan(tuple(endpoints), {kind: bad.count(kind) for kind in KINDS}, content)


_ENDPOINTS_A_BUSY_USER = 5
_ENDPOINTS_A_CHANNEL = 2
"""Of a user with both."""


class _People:
    def __init__(self, tag: int, faults: FaultPlan, mix: Mix) -> None:
        self.tag = f"{tag:04x}"
        self.faults = faults
        self.mix = mix
        self.made = 0
        self.users = 0

    def custom(self) -> Iterator[Endpoint]:
        start, total = self.made, self.mix.custom - _ENDPOINTS_A_CHANNEL * self.mix.mixed_users
        for _ in range(self.mix.busy_users):
            user = self.user()
            for _ in range(_ENDPOINTS_A_BUSY_USER):
                yield self.endpoint("CUSTOM", self.calm_handle(), user)
        for number in range(self.mix.gone):
            yield self.endpoint("CUSTOM", f"{UNKNOWN_PREFIX}{self.tag}-{number}")
        yield from self.shared_and_opted_out("CUSTOM", "handle")
        while self.made - start < total:
            yield self.endpoint("CUSTOM", self.address("handle"))

    def email(self) -> Iterator[Endpoint]:
        mix = self.mix
        start, total = self.made, mix.good - mix.custom - _ENDPOINTS_A_CHANNEL * mix.mixed_users
        for mailbox, count in (("bounce", mix.bounces), ("complaint", mix.complaints)):
            for _ in range(count):
                yield self.endpoint("EMAIL", self.address(mailbox))
        yield from self.shared_and_opted_out("EMAIL", "success")
        while self.made - start < total:
            yield self.endpoint("EMAIL", self.address("success"))

    def on_both_channels(self) -> Iterator[Endpoint]:
        for _ in range(self.mix.mixed_users):
            user = self.user()
            for _ in range(_ENDPOINTS_A_CHANNEL):
                yield self.endpoint("CUSTOM", self.calm_handle(), user)
                yield self.endpoint("EMAIL", self.address("success"), user)

    def shared_and_opted_out(self, channel: str, mailbox: str) -> Iterator[Endpoint]:
        for sharers, groups in self.mix.shared(channel).items():
            for _ in range(groups):
                address = self.address(mailbox)
                for _ in range(sharers):
                    yield self.endpoint(channel, address)
        for _ in range(self.mix.opted_out(channel)):
            yield self.endpoint(channel, self.address(mailbox), opted_out=True)

    def endpoint(self, channel: str, address: str, user: str = "", *, opted_out: bool = False) -> Endpoint:
        self.made += 1
        return Endpoint(f"{self.tag}-{self.made:05d}", channel, address, user or self.user(), opted_out)

    def user(self) -> str:
        self.users += 1
        return f"user-{self.tag}-{self.users:05d}"

    def address(self, mailbox: str) -> str:
        name = f"{self.tag}-{self.made + 1:05d}"
        return f"handle-{name}" if mailbox == "handle" else f"{mailbox}+{name}@simulator.amazonses.com"

    def calm_handle(self) -> str:
        base = self.address("handle")
        candidates = (base, *(f"{base}-{number}" for number in range(100)))
        return next(handle for handle in candidates if self.faults.attempts(handle) == (Fault.NONE,))


def _line(endpoint: Endpoint, chance: random.Random) -> bytes:
    country, city, latitude, longitude = chance.choice(_PLACES)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(
        [
            endpoint.channel,
            endpoint.address,
            endpoint.endpoint_id,
            "ALL" if endpoint.opted_out else "NONE",
            endpoint.user_id,
            chance.choice(_NAMES),
            chance.choice(("basic", "gold")),
            chance.choice(_INTERESTS),
            chance.choice(_INTERESTS),
            chance.randrange(40),
            country,
            city,
            latitude,
            longitude,
        ]
    )
    return text.getvalue().encode()
