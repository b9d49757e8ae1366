"""The file that the demo drops in: 2,000 endpoints from a seed, some of them bad on purpose."""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from embedded.demo.bad_rows import HEADER, KINDS
from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.message_api import UNKNOWN_PREFIX

ROWS = 2_000
BAD_ROWS = 40
CUSTOM_ROWS = 1_400

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


def make_plan(seed: int, faults: FaultPlan) -> Plan:
    """Makes the file; the same seed and faults make the same bytes.

    Args:
        seed: Decides everything that looks random.
        faults: The message vendor's bad day: users near the frequency cap get handles that meet no fault,
            since which of their endpoints comes first is not ours to say.
    """
    chance = random.Random(seed)
    people = _People(chance.randrange(16**4), faults)
    endpoints = [*people.custom(CUSTOM_ROWS), *people.email(ROWS - BAD_ROWS - CUSTOM_ROWS - 2 * _MIXED_USERS)]
    endpoints += people.on_both_channels()
    bad = [list(KINDS)[number % len(KINDS)] for number in range(BAD_ROWS)]
    lines = [_line(endpoint, chance) for endpoint in endpoints]
    lines += [KINDS[kind](number) for number, kind in enumerate(bad)]
    chance.shuffle(lines)
    content = b"\n".join([",".join(HEADER).encode(), *lines, b""])
    return Plan(tuple(endpoints), {kind: bad.count(kind) for kind in KINDS}, content)


_OPTED_OUT = {"CUSTOM": 60, "EMAIL": 25}
_PAIRS = {"CUSTOM": 30, "EMAIL": 10}
"""Addresses that two endpoints share; three share a few more. Importing one makes the other inactive."""
_TRIPLES = {"CUSTOM": 5, "EMAIL": 2}
_GONE = 15
_BOUNCES, _COMPLAINTS = 30, 10
_BUSY_USERS, _ENDPOINTS_A_BUSY_USER = 12, 5
_MIXED_USERS = 10
"""Users with two handles and two mail addresses: their last message meets the cap in the second campaign."""


class _People:
    def __init__(self, tag: int, faults: FaultPlan) -> None:
        self.tag = f"{tag:04x}"
        self.faults = faults
        self.made = 0
        self.users = 0

    def custom(self, total: int) -> Iterator[Endpoint]:
        start = self.made
        for _ in range(_BUSY_USERS):
            user = self.user()
            for _ in range(_ENDPOINTS_A_BUSY_USER):
                yield self.endpoint("CUSTOM", self.calm_handle(), user)
        for number in range(_GONE):
            yield self.endpoint("CUSTOM", f"{UNKNOWN_PREFIX}{self.tag}-{number}")
        yield from self.shared_and_opted_out("CUSTOM", "handle")
        while self.made - start < total - 2 * _MIXED_USERS:
            yield self.endpoint("CUSTOM", self.address("handle"))

    def email(self, total: int) -> Iterator[Endpoint]:
        start = self.made
        for mailbox, count in (("bounce", _BOUNCES), ("complaint", _COMPLAINTS)):
            for _ in range(count):
                yield self.endpoint("EMAIL", self.address(mailbox))
        yield from self.shared_and_opted_out("EMAIL", "success")
        while self.made - start < total:
            yield self.endpoint("EMAIL", self.address("success"))

    def on_both_channels(self) -> Iterator[Endpoint]:
        for _ in range(_MIXED_USERS):
            user = self.user()
            for _ in range(2):
                yield self.endpoint("CUSTOM", self.calm_handle(), user)
                yield self.endpoint("EMAIL", self.address("success"), user)

    def shared_and_opted_out(self, channel: str, mailbox: str) -> Iterator[Endpoint]:
        for sharers, groups in ((2, _PAIRS[channel]), (3, _TRIPLES[channel])):
            for _ in range(groups):
                address = self.address(mailbox)
                for _ in range(sharers):
                    yield self.endpoint(channel, address)
        for _ in range(_OPTED_OUT[channel]):
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
