"""Offers: one a user, decided once, and the same wherever it is shown."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from channels.inbox.adapter import InboxAdapter
from channels.offer.adapter import OfferAdapter
from channels.offer.assignments import Assignments
from channels.offer.sets import OfferSet
from patterns.campaign_hooks.hook import Hook
from patterns.custom_channel.invocation import messages
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater
from tests.support.engine_works import EMAIL, Works, engine_works

NOW = 1_700_000_000.0
SPRING = OfferSet("spring", "Offer", {"20 % off": 1, "free shipping": 1, "a gift": 2})
POINTS = OfferSet("points", "Points", {"double": 1, "triple": 1})
SETS = {"spring": SPRING, "points": POINTS}


class OneAtATime:
    """A client whose calls are atomic, as DynamoDB's are on one item and moto's are not."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def put_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.put_item(**request)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine_works() as works:
        for table in ("offers", "inbox"):
            works.world.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            )
        yield works


def assignments(works: Works, now: float = NOW) -> Assignments:
    return Assignments(works.world.dynamodb, "offers", keep=86400.0, clock=lambda: now)


def adapter(works: Works, **sets: OfferSet) -> OfferAdapter:
    return OfferAdapter(works.pinpoint, assignments(works), sets or SETS)


def put(works: Works, endpoint_id: str, user: str = "", **members: Any) -> None:
    request = {"ChannelType": "CUSTOM", "Address": f"to-{endpoint_id}", **members}
    if user:
        request["User"] = {"UserId": user, **members.get("User", {})}
    works.pinpoint.update_endpoint(ApplicationId=works.app, EndpointId=endpoint_id, EndpointRequest=request)


def stored(works: Works, endpoint_id: str) -> dict[str, Any]:
    endpoint: dict[str, Any] = works.pinpoint.get_endpoint(ApplicationId=works.app, EndpointId=endpoint_id)[
        "EndpointResponse"
    ]
    return endpoint


def message(works: Works, endpoint_id: str, user: str = "", data: str = '{"offer_set": "spring"}') -> Any:
    return ChannelMessage(
        key="k",
        owner="o",
        application_id=works.app,
        endpoint_id=endpoint_id,
        data=data,
        accepted_at=1,
        endpoint={"User": {"UserId": user}} if user else {},
    )


def test_every_endpoint_of_the_user_gets_the_offer_and_keeps_what_it_had(works: Works) -> None:
    put(works, "a", "u", User={"UserAttributes": {"Name": ["Jane"]}}, Attributes={"plan": ["gold"]})
    put(works, "b", "u", OptOut="ALL")
    put(works, "c", "u", EndpointStatus="INACTIVE")
    put(works, "other", "v")
    before = {name: stored(works, name) for name in "abc"}
    assert adapter(works).send(message(works, "a", "u")) == Accepted(200)
    offers = {name: stored(works, name)["User"]["UserAttributes"]["Offer"] for name in "abc"}
    assert offers["a"] == offers["b"] == offers["c"]
    assert offers["a"][0] in SPRING.offers
    assert stored(works, "a")["User"]["UserAttributes"]["Name"] == ["Jane"]
    for name in "abc":
        kept = ("Address", "Attributes", "EndpointStatus", "OptOut")
        after = stored(works, name)
        assert [after.get(member) for member in kept] == [before[name].get(member) for member in kept]
    assert "UserAttributes" not in stored(works, "other")["User"]


def test_an_endpoint_without_a_user_gets_the_offer_as_its_own_attribute(works: Works) -> None:
    put(works, "Alone", Attributes={"plan": ["gold"]})
    assert adapter(works).send(message(works, "Alone")) == Accepted(200)
    attributes = stored(works, "Alone")["Attributes"]
    assert attributes["plan"] == ["gold"]
    assert attributes["Offer"][0] in SPRING.offers


def test_a_repetition_writes_nothing_and_a_new_endpoint_gets_the_old_offer(works: Works) -> None:
    put(works, "a", "u")
    adapter(works).send(message(works, "a", "u"))
    offer, written = stored(works, "a")["User"]["UserAttributes"]["Offer"], stored(works, "a")
    adapter(works).send(message(works, "a", "u"))
    assert stored(works, "a") == written
    put(works, "later", "u")
    adapter(works).send(message(works, "a", "u"))
    assert stored(works, "later")["User"]["UserAttributes"]["Offer"] == offer


def test_the_table_outranks_a_set_that_was_changed(works: Works) -> None:
    put(works, "a", "u")
    adapter(works).send(message(works, "a", "u"))
    offer = stored(works, "a")["User"]["UserAttributes"]["Offer"]
    changed = OfferSet("spring", "Offer", {"something else": 1})
    assert adapter(works, spring=changed).send(message(works, "a", "u")) == Accepted(200)
    assert stored(works, "a")["User"]["UserAttributes"]["Offer"] == offer


def test_an_assignment_that_has_run_out_no_longer_holds(works: Works) -> None:
    assignments(works).assign("app", "USER#u", OfferSet("spring", "Offer", {"old": 1}))
    new = OfferSet("spring", "Offer", {"new": 1})
    assert assignments(works, NOW + 86399).assign("app", "USER#u", new) == "old"
    assert assignments(works, NOW + 86401).assign("app", "USER#u", new) == "new"


def test_many_at_once_agree_on_one_offer(works: Works) -> None:
    sets = [OfferSet("spring", "Offer", {f"offer {number}": 1}) for number in range(20)]
    table = Assignments(OneAtATime(works.world.dynamodb), "offers", keep=86400.0)
    with ThreadPoolExecutor(20) as pool:
        given_offers = set(pool.map(lambda one: table.assign("app", "USER#u", one), sets))
    assert given_offers == {table.assign("app", "USER#u", sets[0])}


def test_sets_are_given_independently(works: Works) -> None:
    put(works, "a", "u")
    for name in ("spring", "points"):
        assert adapter(works).send(message(works, "a", "u", json.dumps({"offer_set": name}))) == Accepted(200)
    assert set(stored(works, "a")["User"]["UserAttributes"]) == {"Offer", "Points"}


def test_what_was_given_can_be_forgotten(works: Works) -> None:
    table = assignments(works)
    table.assign("app", "USER#u", SPRING)
    table.assign("app", "USER#u", POINTS)
    table.assign("app", "ENDPOINT#e", SPRING)
    assert table.forget("app", "u") == 2
    assert table.forget("app", "", "E") == 1
    assert works.world.dynamodb.scan(TableName="offers")["Count"] == 0


def test_nothing_in_the_table_names_a_person(works: Works) -> None:
    assignments(works).assign("app", "USER#jane@example.com", SPRING)
    assert "jane" not in json.dumps(works.world.dynamodb.scan(TableName="offers")["Items"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "data_is_not_json"),
        ("spring", "data_is_not_json"),
        ("[" * 100_000, "data_is_not_json"),
        ("[]", "data_names_no_offer_set"),
        ("{}", "data_names_no_offer_set"),
        ('{"offer_set": 7}', "data_names_no_offer_set"),
        ('{"offer_set": "autumn"}', "unknown_offer_set"),
    ],
)
def test_data_that_names_no_set_is_refused_with_the_reason(works: Works, data: str, reason: str) -> None:
    put(works, "a", "u")
    assert adapter(works).send(message(works, "a", "u", data)) == Rejected(reason)
    assert works.world.dynamodb.scan(TableName="offers")["Count"] == 0


def test_no_data_asks_for_the_only_set(works: Works) -> None:
    put(works, "a", "u")
    assert adapter(works, spring=SPRING).send(message(works, "a", "u", "")) == Accepted(200)


@pytest.mark.parametrize("user", ["nobody", ""])
def test_somebody_who_is_not_stored_is_not_made(works: Works, user: str) -> None:
    assert adapter(works).send(message(works, "ghost", user)) == Rejected("no_endpoint")
    with pytest.raises(works.pinpoint.exceptions.NotFoundException):
        stored(works, "ghost")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("TooManyRequestsException", RetryLater("TooManyRequestsException", attempted=False)),
        ("InternalServerErrorException", RetryLater("InternalServerErrorException")),
        ("ForbiddenException", RetryLater("ForbiddenException")),
        ("BadRequestException", Rejected("BadRequestException")),
        (ReadTimeoutError(endpoint_url="https://pinpoint"), RetryLater("ReadTimeoutError")),
    ],
)
def test_an_error_of_the_api_comes_again_unless_it_never_gets_better(
    works: Works, error: str | Exception, outcome: Outcome
) -> None:
    class Failing:
        def get_user_endpoints(self, **_: Any) -> Any:
            if isinstance(error, Exception):
                raise error
            raise ClientError({"Error": {"Code": error, "Message": ""}}, "GetUserEndpoints")

    assert OfferAdapter(Failing(), assignments(works), SETS).send(message(works, "a", "u")) == outcome


@given(st.lists(st.text(min_size=1), min_size=1, max_size=30, unique=True), st.data())
def test_a_draw_is_one_of_the_offers_and_always_the_same(offers: Sequence[str], data: st.DataObject) -> None:
    weights = {offer: data.draw(st.integers(1, 1_000_000)) for offer in offers}
    who = data.draw(st.text())
    drawn = OfferSet("s", "Offer", weights).choose("app", who)
    assert drawn in weights
    assert OfferSet("s", "Offer", weights).choose("app", who) == drawn


def test_offers_are_drawn_by_their_weights() -> None:
    drawn = Counter(SPRING.choose("app", f"USER#{number}") for number in range(10_000))
    assert abs(drawn["a gift"] - 5_000) < 250
    assert abs(drawn["20 % off"] - 2_500) < 250


def test_mail_inbox_and_a_later_hook_show_the_same_offer(works: Works) -> None:
    users = [f"user-{number}" for number in range(6)]
    for user in users:
        put(works, f"{user}-app", user)
        put(
            works,
            f"{user}-mail",
            user,
            ChannelType="EMAIL",
            Address=f"success+{user}@simulator.amazonses.com",
        )
    both = {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["CUSTOM", "EMAIL"]}}
    segment = works.pinpoint.create_segment(
        ApplicationId=works.app,
        WriteSegmentRequest={"Name": "all", "Dimensions": {"Demographic": both}},
    )
    segment_id = segment["SegmentResponse"]["Id"]
    inbox = InboxAdapter(works.world.dynamodb, "inbox", keep=86400.0)
    hooked: dict[str, str] = {}

    def channel(send: Any) -> Any:
        def accept(event: dict[str, Any]) -> dict[str, Any]:
            sent = [send(one) for one in messages(event, owner="o", now_ms=1)]
            assert sent == [Accepted(200)] * len(sent)
            return {}

        return accept

    def hook(event: dict[str, Any]) -> dict[str, Any]:
        for endpoint_id, endpoint in event["Endpoints"].items():
            hooked[endpoint_id] = endpoint["User"]["UserAttributes"]["Offer"][0]
        return Hook([], None, 5.0).answer(event)

    works.functions.named |= {
        "offers": channel(adapter(works).send),
        "inbox": channel(inbox.send),
        "hook": hook,
    }
    custom = {"EndpointTypes": ["CUSTOM"]}
    works.send_campaign(
        segment_id,
        MessageConfiguration={"CustomMessage": {"Data": '{"offer_set": "spring"}'}},
        CustomDeliveryConfiguration={"DeliveryUri": "offers", **custom},
    )
    works.send_campaign(
        segment_id,
        MessageConfiguration={"CustomMessage": {"Data": "hello"}},
        CustomDeliveryConfiguration={"DeliveryUri": "inbox", **custom},
        Hook={"LambdaFunctionName": "hook", "Mode": "FILTER"},
    )
    email = EMAIL["MessageConfiguration"]["EmailMessage"] | {"Title": "{{User.UserAttributes.Offer}}"}
    works.send_campaign(segment_id, MessageConfiguration={"EmailMessage": email})
    mailed = {
        request["Destination"]["ToAddresses"][0].partition("+")[2].partition("@")[0]: request["Content"][
            "Simple"
        ]["Subject"]["Data"]
        for request in works.mail.sent
    }
    read = {
        item["pk"]["S"].removeprefix("USER#"): json.loads(item["user_attributes"]["S"])["Offer"][0]
        for item in works.world.dynamodb.scan(TableName="inbox")["Items"]
    }
    drawn = {user: SPRING.choose(works.app, f"USER#{user}") for user in users}
    assert mailed == drawn
    assert read == drawn
    assert {user: hooked[f"{user}-app"] for user in users} == drawn
