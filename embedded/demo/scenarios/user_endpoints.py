"""Users want something else: told by a system, by a link of their own, or by one click; each told on once."""

import random
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Final

from embedded.apis import local_address
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.settling import settle
from embedded.demo.signed_caller import Reply, SignedCaller
from embedded.demo.stage import Stage, Vendor
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors import records
from embedded.vendors.faults import Fault, FaultPlan

_STACK: Final = "UserEndpoints"
RECORDS: Final = Vendor("System of record", records.CONTRACT, "records_url", (_STACK, "CallbackSecretArn"))
_USERS: Final = 24
# What happens to a user, and how many of ten it happens to.
_FATES: Final = {"by a system": 4, "by a link": 3, "by one click": 2, "not at all": 1}
_AT_ONCE: Final = 4
_ONE_CLICK: Final = b"List-Unsubscribe=One-Click"
_DEALS: Final = {"preferences": {"EmailPreference_DailyDeals": ["Unsubscribed"]}}
_TOPICS: Final = {"preferences": {"Topics": {"add": ["offers"]}}}


@dataclass(frozen=True)
class _User:
    """One user, who has an endpoint for mail and one for text messages.

    Args:
        name: Their id, which needs encoding in a path.
        fate: How preferences change.
        again: Whether the request is sent a second time.
    """

    name: str
    fate: str
    again: bool

    @property
    def path(self) -> str:
        return "users/" + self.name.replace("/", "%2F").replace("@", "%40")


def _users(seed: int) -> tuple[_User, ...]:
    dice = random.Random(seed)
    fates = dice.choices(list(_FATES), list(_FATES.values()), k=_USERS)
    return tuple(
        _User(f"prefs/{seed}-{number}@example.com", fate, fate != "not at all" and dice.random() < 0.3)
        for number, fate in enumerate(fates)
    )


@dataclass(frozen=True)
class UserEndpoints(Scenario):
    """Two dozen users, most of whom want something else; a system of record that has a bad day."""

    title: ClassVar[str] = "Preferences"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)
    vendors: ClassVar[tuple[Vendor, ...]] = (RECORDS,)

    @property
    def faults(self) -> FaultPlan:
        """The system of record's bad day."""
        return FaultPlan(self.options.seed + 2, throttled=0.1, broken=0.1, cut=0.1)

    def expect(self) -> Counts:
        """Every answer, what becomes of the endpoints, and what the system of record hears."""
        users = _users(self.options.seed)
        fates = Counter(user.fate for user in users)
        told = [user for user in users if user.fate != "not at all"]
        met = Counter(fault for user in told for fault in self.faults.attempts(user.name))
        return {
            **{Cell("API", f"changed {fate}"): fates[fate] for fate in _FATES if fate != "not at all"},
            Cell("API", "answered as the first time"): sum(user.again for user in users),
            Cell("API", "unsigned: 403"): len(users),
            Cell("API", "unknown user: 404"): len(users),
            Cell("API", "unknown preference: 400"): len(users),
            Cell("API", "link seen"): len(users),
            Cell("API", "link that was changed: 403"): len(users),
            Cell("API", "link to read only, written to: 403"): fates["not at all"],
            Cell("Project", "want no daily deals"): fates["by a system"],
            Cell("Project", "mail endpoints with offers"): fates["by a link"],
            Cell("Project", "other endpoints with offers"): fates["by a link"],
            Cell("Project", "mail endpoints opted out"): fates["by one click"],
            Cell("Project", "other endpoints opted out"): 0,
            Cell(RECORDS.name, "changes taken in"): len(told),
            Cell(RECORDS.name, "answered 429"): met[Fault.THROTTLED],
            Cell(RECORDS.name, "answered 500"): met[Fault.BROKEN],
            Cell(RECORDS.name, "cut after acceptance"): met[Fault.CUT],
            Cell(RECORDS.name, "ids taken in twice"): 0,
            Cell(RECORDS.name, "recipients taken in twice"): 0,
            Cell(RECORDS.name, "badly signed or shaped"): 0,
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Makes the users, lets each want something, and waits until the system of record has heard it."""
        stage.intakes[RECORDS].begin(self.faults)
        users = _users(self.options.seed)
        _make(stage.account, users)
        narrator.step(f"{len(users)} users: some change by a system, some by a link, some by one click")
        talk = _Talk(stage.account, SignedCaller.of(stage.account), SignedCaller())
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            answers = sum(threads.map(talk.with_user, users), Counter[Cell]())
        journal = stage.intakes[RECORDS].journal
        narrator.step("waiting until the system of record has heard of every change")
        return settle(
            expected,
            answers,
            lambda: (
                _endpoints(stage.account, users) + vendor_counts(RECORDS.name, "changes taken in", journal)
            ),
            narrator,
        )


@dataclass(frozen=True)
class _Talk:
    """What is asked of the API about one user."""

    account: Account
    system: SignedCaller
    anybody: SignedCaller

    def with_user(self, user: _User) -> Counter[Cell]:
        url = self.account.output(_STACK, "ApiUrl")
        mine = f"{url}/{user.path}"
        scope = "read" if user.fate == "not at all" else "write"
        made = self.system.send("POST", f"{mine}/links", {"scope": scope})
        link = local_address(made.body["url"], self.account.endpoint)
        seen: Counter[Cell] = Counter()
        for what, reply in {
            "unsigned: 403": self.anybody.send("GET", f"{mine}/endpoints"),
            "unknown user: 404": self.system.send("GET", f"{mine}-nobody/endpoints"),
            "unknown preference: 400": self.system.send(
                "PUT", f"{mine}/preferences", {"preferences": {"Colour": ["red"]}}
            ),
            "link seen": self.anybody.send("GET", link),
            "link that was changed: 403": self.anybody.send("GET", _forged(link)),
        }.items():
            wanted = int(what[-3:]) if what[-3:].isdigit() else 200
            seen[Cell("API", what)] += reply.status == wanted
        if user.fate == "not at all":
            refused = self.anybody.send("PUT", link, _TOPICS)
            seen[Cell("API", "link to read only, written to: 403")] += refused.status == 403
            return seen
        first = self._change(user, mine, link)
        seen[Cell("API", f"changed {user.fate}")] += first.status == 200 and bool(first.body["changed"])
        if user.again:
            again = self._change(user, mine, link)
            seen[Cell("API", "answered as the first time")] += again.body == first.body
        return seen

    def _change(self, user: _User, mine: str, link: str) -> Reply:
        match user.fate:
            case "by a system":
                key = {"Idempotency-Key": user.name}
                return self.system.send("PUT", f"{mine}/preferences", _DEALS, headers=key)
            case "by a link":
                return self.anybody.send("PUT", link, _TOPICS)
            case _:
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                return self.anybody.send("POST", link, _ONE_CLICK, headers=form)


def _forged(link: str) -> str:
    return link[:-1] + ("A" if link[-1] != "A" else "B")


def _make(account: Account, users: Iterable[_User]) -> None:
    """Two endpoints for each user."""
    items = [
        {
            "Id": f"{user.name}-{channel}",
            "ChannelType": channel,
            "Address": address,
            "User": {"UserId": user.name},
        }
        for number, user in enumerate(users)
        for channel, address in (("EMAIL", user.name), ("SMS", f"+1425555{number:04d}"))
    ]
    for start in range(0, len(items), 100):
        account.client("pinpoint").update_endpoints_batch(
            ApplicationId=account.output("Project", "ApplicationId"),
            EndpointBatchRequest={"Item": items[start : start + 100]},
        )


def _endpoints(account: Account, users: Iterable[_User]) -> Counter[Cell]:
    """What the project says of everybody."""
    counts: Counter[Cell] = Counter()
    application_id = account.output("Project", "ApplicationId")
    for user in users:
        answer = account.client("pinpoint").get_user_endpoints(ApplicationId=application_id, UserId=user.name)
        for endpoint in answer["EndpointsResponse"]["Item"]:
            kind = "mail" if endpoint["ChannelType"] == "EMAIL" else "other"
            attributes = endpoint.get("Attributes", {})
            if attributes.get("EmailPreference_DailyDeals") == ["Unsubscribed"]:
                counts[Cell("Project", "want no daily deals")] += 1
            if attributes.get("Topics") == ["offers"]:
                counts[Cell("Project", f"{kind} endpoints with offers")] += 1
            if endpoint["OptOut"] == "ALL":
                counts[Cell("Project", f"{kind} endpoints opted out")] += 1
    return counts
