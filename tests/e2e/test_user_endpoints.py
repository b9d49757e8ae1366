"""Preferences by systems and by people with a link: on the deployed stack, under IAM."""

import contextlib
import json
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pytest
from botocore.credentials import Credentials

from embedded.apis import local_address
from embedded.demo.account import Account
from embedded.demo.scenarios.user_endpoints import RECORDS
from embedded.demo.signed_caller import Reply, SignedCaller
from embedded.demo.stage import Stage
from embedded.demo.stream import StreamReader
from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.intake import Intake
from patterns.forget.person import person
from patterns.user_endpoints.forget import ChangesStore
from patterns.user_endpoints.link_keys import LinkKey
from patterns.user_endpoints.links import Claims, sign, subject_of
from tests.support.embedded_aws import ACCOUNT, REGION, allow, eventually, policy

pytestmark = pytest.mark.e2e

_STACK: Final = "UserEndpoints"
_DEALS: Final = "EmailPreference_DailyDeals"
_ONE_CLICK: Final = b"List-Unsubscribe=One-Click"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_WITHIN: Final = 45.0
# A system of record that fails whenever it hears of a user for the first time.
_BAD_DAY: Final = FaultPlan(1, throttled=0.0, broken=1.0, cut=0.0, last_faulty_attempt=1)


@dataclass
class Front:
    """The API, who calls it, and what is behind it."""

    account: Account
    records: Intake
    system: SignedCaller = field(init=False)
    anybody: SignedCaller = field(default_factory=SignedCaller)

    def __post_init__(self) -> None:
        self.system = self.caller("GET/users/*/endpoints", "PUT/users/*/preferences", "POST/users/*/links")
        self.pinpoint = self.account.client("pinpoint")
        self.application_id = self.account.output("Project", "ApplicationId")
        self.url = self.account.output(_STACK, "ApiUrl")
        stream = self.account.output("EngagementEvents", "StreamName")
        self.stream = StreamReader(self.account.client("kinesis"), stream)

    def caller(self, *calls: str) -> SignedCaller:
        """Somebody who may make these calls, and nothing else."""
        iam, sts, name = self.account.client("iam"), self.account.client("sts"), f"c-{uuid.uuid4().hex}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))["Role"]["Arn"]
        api = urlsplit(self.account.output(_STACK, "ApiUrl")).path.split("/")[-2]
        allowed = [
            allow("execute-api:Invoke", on=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/v1/{call}")
            for call in calls
        ]
        iam.put_role_policy(RoleName=name, PolicyName="calls", PolicyDocument=policy(allowed))
        keys = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return SignedCaller(Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))

    def user(self, **attributes: Sequence[str]) -> "User":
        """A new user with an endpoint for mail and one for text messages."""
        user = User(self, f"jane/{uuid.uuid4().hex}@example.com")
        user.add("mail", ChannelType="EMAIL", Address=user.name, Attributes=attributes)
        user.add("phone", ChannelType="SMS", Address="+14254147755")
        return user


@dataclass(frozen=True)
class User:
    """One user, asked for as a system asks."""

    front: Front
    name: str

    def add(self, kind: str, **endpoint: Any) -> None:
        self.front.pinpoint.update_endpoint(
            ApplicationId=self.front.application_id,
            EndpointId=f"{kind}-{self.name}",
            EndpointRequest={**endpoint, "User": {"UserId": self.name}},
        )

    def fill(self, kind: str) -> None:
        """Let an endpoint grow to 15 KB, so that it takes nothing more."""
        full, last = ["x" * 100] * 50, ["x" * 100] * 40
        self.add(kind, Attributes={"Filler1": full, "Filler2": full, "Filler3": last})
        for length in (100, 30, 8, 1):
            with contextlib.suppress(self.front.pinpoint.exceptions.BadRequestException):
                while len(last) < 50:
                    self.add(kind, Attributes={"Filler3": [*last, "x" * length]})
                    last.append("x" * length)

    def url(self, last: str) -> str:
        return f"{self.front.url}/users/{quote(self.name, safe='')}/{last}"

    def change(self, body: Any, key: str | None = None) -> Reply:
        headers = {"Idempotency-Key": key} if key else {}
        return self.front.system.send("PUT", self.url("preferences"), body, headers=headers)

    def link(self, **wanted: Any) -> str:
        reply = self.front.system.send("POST", self.url("links"), wanted)
        assert reply.status == 201, reply
        return local_address(reply.body["url"], self.front.account.endpoint)

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """By their kind, as the project has them."""
        answer = self.front.pinpoint.get_user_endpoints(
            ApplicationId=self.front.application_id, UserId=self.name
        )
        return {one["Id"].partition("-")[0]: one for one in answer["EndpointsResponse"]["Item"]}

    def events(self, at_least: int) -> list[dict[str, str]]:
        """The attributes of the events on the stream that tell of this user's preferences."""

        def found() -> list[dict[str, str]]:
            self.front.stream.read()
            return [
                record["attributes"]
                for record in self.front.stream.records
                if record["event_type"] == "custom.preference_update"
                and record["client"]["client_id"].endswith(self.name)
            ]

        seen: list[dict[str, str]] = eventually(found, lambda some: len(some) >= at_least, within=_WITHIN)
        return seen

    def is_told(self, times: int) -> None:
        """Wait until the system of record has taken in so many changes, and see that each failed once."""
        journal = self.front.records.journal

        def taken() -> list[str]:
            return [one.message_id for one in journal.entries if one.recipient == self.name and one.accepted]

        ids = eventually(taken, lambda seen: len(seen) >= times, within=_WITHIN)
        assert len(set(ids)) == len(ids) == times
        faults = [one.fault for one in journal.entries if one.recipient == self.name]
        assert faults[0] is Fault.BROKEN


@pytest.fixture(scope="module")
def front(hosted_stage: Stage) -> Front:
    records = hosted_stage.intakes[RECORDS]
    records.begin(_BAD_DAY)
    return Front(hosted_stage.account, records)


def refusals(front: Front, link: str) -> set[tuple[int, str]]:
    """How a link is refused on reading, on writing and on one click."""
    replies = (
        front.anybody.send("GET", link),
        front.anybody.send("PUT", link, {"opt_out": "ALL"}),
        front.anybody.send("POST", link, _ONE_CLICK, headers=_FORM),
    )
    return {(reply.status, str(reply.body.get("code"))) for reply in replies}


def test_all_endpoints_of_a_user_are_for_who_may_read_them(front: Front) -> None:
    user = front.user(**{_DEALS: ["Subscribed"]})
    reader = front.caller("GET/users/*/endpoints")
    reply = reader.send("GET", user.url("endpoints"))
    assert (reply.status, reply.body["user_id"]) == (200, user.name)
    assert {one["Address"] for one in reply.body["endpoints"]} == {user.name, "+14254147755"}
    assert reply.headers["cache-control"] == "no-store"

    nobody, other = front.caller("GET/elsewhere"), Credentials("AKIASTRANGERSTRANGER", "secret")
    for caller in (front.anybody, nobody, SignedCaller(other)):
        refused = caller.send("GET", user.url("endpoints"))
        assert (refused.status, "endpoints" in refused.body) == (403, False)
    assert reader.send("PUT", user.url("preferences"), {"opt_out": "ALL"}).status == 403
    assert reader.send("POST", user.url("links"), {}).status == 403
    assert user.endpoints()["mail"]["OptOut"] == "NONE"


def test_a_user_whom_no_endpoint_names_is_not_found(front: Front) -> None:
    nobody = User(front, uuid.uuid4().hex)
    replies = (
        front.system.send("GET", nobody.url("endpoints")),
        nobody.change({"opt_out": "ALL"}),
        front.system.send("POST", nobody.url("links"), {}),
    )
    assert {(reply.status, reply.body["code"]) for reply in replies} == {(404, "user_not_found")}


def test_a_change_that_is_sent_many_times_is_made_and_told_once(front: Front) -> None:
    user, key = front.user(**{_DEALS: ["Subscribed"]}), uuid.uuid4().hex
    wanted = {
        "preferences": {_DEALS: ["Unsubscribed"]},
        "endpoints": {f"phone-{user.name}": {"opt_out": "ALL"}},
    }
    with ThreadPoolExecutor(3) as threads:
        replies = list(threads.map(lambda _: user.change(wanted, key), range(3)))
    replies.append(user.change(wanted, key))
    assert [reply.status for reply in replies] == [200] * 4
    assert len({json.dumps(reply.body, sort_keys=True) for reply in replies}) == 1
    assert sum("idempotent-replayed" not in reply.headers for reply in replies) == 1
    endpoints = user.endpoints()
    assert endpoints["mail"]["Attributes"] == {_DEALS: ["Unsubscribed"]}
    assert (endpoints["mail"]["OptOut"], endpoints["phone"]["OptOut"]) == ("NONE", "ALL")

    change_id = replies[0].body["change_id"]
    events = sorted(user.events(2), key=lambda one: one["UpdatedPreference"])
    assert events == [
        {"UpdatedPreference": name, "Value": value, "ChangeId": change_id, "Source": "api"}
        for name, value in ((_DEALS, "Unsubscribed"), ("OptOut", "ALL"))
    ]
    user.is_told(1)
    assert user.change({"opt_out": "ALL"}, key).body["code"] == "idempotency_key_reused"
    assert user.endpoints()["mail"]["OptOut"] == "NONE"


def test_what_is_no_change_is_refused_and_changes_nothing(front: Front) -> None:
    user = front.user()
    bad: tuple[tuple[Any, int], ...] = (
        (b"{", 400),
        (b"[]", 400),
        ({}, 400),
        ({"colour": "red"}, 400),
        ({"opt_out": "SOME"}, 400),
        ({"preferences": {"Colour": ["red"]}}, 400),
        ({"preferences": {"Topics": ["gardening"]}}, 400),
        ({"preferences": {"Topics": "news"}}, 400),
        ({"endpoints": {f"phone-{user.name}": {"preferences": {_DEALS: ["Subscribed"]}}}}, 400),
        ({"endpoints": {"another": {"opt_out": "ALL"}}}, 404),
        ({"endpoints": {str(number): {"opt_out": "ALL"} for number in range(16)}}, 400),
        ({"preferences": {"Topics": ["news"] * 10_000}}, 413),
    )
    replies = [user.change(body) for body, _ in bad]
    assert [(reply.status, "code" in reply.body) for reply in replies] == [
        (status, True) for _, status in bad
    ]
    assert all("Attributes" not in one or not one["Attributes"] for one in user.endpoints().values())
    assert user.events(0) == []


def test_an_endpoint_that_cannot_be_changed_does_not_hinder_the_others(front: Front) -> None:
    user = front.user()
    user.add("full", ChannelType="EMAIL", Address="full@example.com")
    user.fill("full")
    body = user.change({"preferences": {"Topics": {"add": ["news"]}}}).body
    assert sorted(one["endpoint_id"] for one in body["changed"]) == [
        f"mail-{user.name}",
        f"phone-{user.name}",
    ]
    assert [one["endpoint_id"] for one in body["refused"]] == [f"full-{user.name}"]
    assert "Topics" not in user.endpoints()["full"]["Attributes"]
    user.is_told(1)


def test_a_person_sees_and_changes_preferences_by_a_link(front: Front) -> None:
    user = front.user(**{_DEALS: ["Subscribed"], "Plan": ["gold"]})
    link = user.link(scope="write", expires_in=3600)
    shown = front.anybody.send("GET", link)
    assert shown.status == 200
    assert not [secret for secret in (user.name, "+1425", "gold") if secret in json.dumps(shown.body)]
    (mail,) = [one["endpoint"] for one in shown.body["endpoints"] if one["channel_type"] == "EMAIL"]
    wanted = {"endpoints": {mail: {"preferences": {"Topics": {"add": ["news"]}}}}}
    first = front.anybody.send("PUT", link, wanted)
    assert (first.status, [one["endpoint"] for one in first.body["changed"]]) == (200, [mail])
    assert front.anybody.send("PUT", link, wanted).body == first.body
    assert user.endpoints()["mail"]["Attributes"]["Topics"] == ["news"]
    assert [(one["Source"], one["Value"]) for one in user.events(1)] == [("link", "news")]
    user.is_told(1)


def test_one_click_unsubscribes_mail_and_nothing_else_and_following_the_link_does_nothing(
    front: Front,
) -> None:
    user = front.user()
    link = user.link()
    front.anybody.send("GET", link)
    assert {one["OptOut"] for one in user.endpoints().values()} == {"NONE"}
    for _ in range(2):
        assert front.anybody.send("POST", link, _ONE_CLICK, headers=_FORM).status == 200
    assert {kind: one["OptOut"] for kind, one in user.endpoints().items()} == {"mail": "ALL", "phone": "NONE"}
    assert [one["Source"] for one in user.events(1)] == ["one_click"]
    user.is_told(1)


def test_a_link_that_is_forged_or_over_is_refused_whatever_it_is_used_for(front: Front) -> None:
    user, secrets = front.user(), front.account.client("secretsmanager")
    arn = front.account.output(_STACK, "LinkSecretArn")
    ours = LinkKey(secrets.get_secret_value(SecretId=arn)["SecretString"].encode())
    good = user.link()

    def signed(key: LinkKey, seconds: int) -> str:
        subject = subject_of(key, front.application_id, user.name)
        token = sign(Claims(key, "write", int(time.time()) + seconds, subject))
        return good.rpartition("/")[0] + "/" + token

    assert front.anybody.send("GET", signed(ours, 60)).status == 200
    assert refusals(front, signed(ours, -1)) == {(410, "link_expired")}
    assert refusals(front, signed(LinkKey(b"another"), 60)) == {(403, "link_invalid")}
    token = good.rpartition("/")[2]
    for place in (0, 5, 20, 40, 87):
        other = "A" if token[place] != "A" else "B"
        changed = good.replace(token, token[:place] + other + token[place + 1 :])
        assert refusals(front, changed) == {(403, "link_invalid")}
    read = user.link(scope="read")
    assert front.anybody.send("GET", read).status == 200
    assert front.anybody.send("PUT", read, {"opt_out": "ALL"}).body["code"] == "link_read_only"
    assert {one["OptOut"] for one in user.endpoints().values()} == {"NONE"}


def test_who_is_forgotten_has_no_link_any_more(front: Front) -> None:
    user = front.user()
    link = user.link()
    assert front.anybody.send("PUT", link, {"opt_out": "ALL"}).status == 200
    store = ChangesStore(
        front.account.client("dynamodb"),
        front.account.client("secretsmanager"),
        front.account.output(_STACK, "TableName"),
        front.account.output(_STACK, "LinkSecretArn"),
        front.application_id,
    )
    assert store.sweep(person(user.name), None).removed
    assert refusals(front, link) == {(410, "link_gone")}
