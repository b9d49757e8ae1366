"""The ready-made events: the service model takes each, and they need nothing but Python."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from patterns.user_events import builders, catalogue
from patterns.user_events.builders import (
    Changes,
    CompleteEndpoint,
    Demographic,
    EndpointsOfUser,
    ExistingEndpoint,
    Location,
    Session,
    UserEvent,
)
from patterns.user_events.checks import check
from patterns.user_events.message import read_message

SOURCE = Path(__file__).resolve().parents[3] / "lambda_src"
AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
JANE = ExistingEndpoint("jane")
NEW = CompleteEndpoint("new", "EMAIL", "new@example.com", "NONE")
SESSION = Session("s-1", AT, AT + timedelta(minutes=5))

MADE: dict[str, UserEvent] = {
    "custom.preference_update": catalogue.preference_update(
        JANE, "EmailPreference_DailyDeals", ["Subscribed"], at=AT, event_id="p-1"
    ),
    "custom.purchase_event": catalogue.purchase(
        JANE, order_id="o-1", amount=12.5, currency="EUR", at=AT, items=2, attributes={"Category": "books"}
    ),
    "custom.proximity_event": catalogue.proximity(
        JANE, place="shop-7", metres=40.0, location=Location(latitude=52.5, longitude=13.4), at=AT
    ),
    "isv_channel.delivery": catalogue.channel_delivery(
        JANE,
        channel="inbox",
        status="FAILED",
        message_key="m-1",
        at=AT,
        reason="gone",
        campaign={"campaign_id": "c"},
    ),
    "isv_channel.open": catalogue.channel_open(JANE, channel="inbox", message_key="m-1", at=AT),
    "_session.start": catalogue.session_start(JANE, SESSION),
    "_session.pause": catalogue.session_pause(JANE, SESSION, at=AT),
    "_session.resume": catalogue.session_resume(JANE, SESSION, at=AT),
    "_session.stop": catalogue.session_stop(JANE, SESSION),
    "_userauth.sign_in": catalogue.sign_in(
        JANE,
        at=AT,
        demographic=Demographic(platform="iOS", app_version="2.1"),
        location=Location(city="Berlin"),
    ),
    "_userauth.sign_up": catalogue.sign_up(NEW, "u-1", at=AT),
    "_userauth.auth_fail": catalogue.auth_fail(EndpointsOfUser("u-1", ("EMAIL",)), at=AT),
    "_monetization.purchase": catalogue.monetization_purchase(
        JANE, product_id="p", price=1.5, quantity=2, currency="EUR", transaction_id="t-1", at=AT
    ),
}


@pytest.mark.parametrize("event_type", MADE)
def test_each_passes_the_checks_and_the_service_model(event_type: str) -> None:
    (element,) = read_message(MADE[event_type].to_json()).elements
    event = check(element)
    assert event.event["EventType"] == event_type
    client = boto3.client("pinpoint", region_name="us-east-1")
    shape = client.meta.service_model.operation_model("PutEvents").input_shape
    item = {"Endpoint": event.endpoint, "Events": {event.event_id: event.event}}
    request = {"ApplicationId": "a", "EventsRequest": {"BatchItem": {"e": item}}}
    assert ParamValidator().validate(request, shape).generate_report() == ""


def test_a_preference_update_is_the_guides_own() -> None:
    assert MADE["custom.preference_update"].to_dict() == {
        "EndpointId": "jane",
        "EndpointExists": True,
        "Endpoint": {"Attributes": {"EmailPreference_DailyDeals": ["Subscribed"]}},
        "EventId": "p-1",
        "EventType": "custom.preference_update",
        "Timestamp": "2026-11-25T10:00:00.000Z",
        "Attributes": {"UpdatedPreference": "EmailPreference_DailyDeals"},
    }


def test_a_sign_up_makes_an_endpoint_that_may_be_sent_to() -> None:
    event = MADE["_userauth.sign_up"].to_dict()
    assert "EndpointExists" not in event
    assert event["Endpoint"] == {
        "ChannelType": "EMAIL",
        "Address": "new@example.com",
        "OptOut": "NONE",
        "User": {"UserId": "u-1"},
    }


def test_a_sign_in_says_device_and_place() -> None:
    assert MADE["_userauth.sign_in"].to_dict()["Endpoint"] == {
        "Demographic": {"Platform": "iOS", "AppVersion": "2.1"},
        "Location": {"City": "Berlin"},
    }


def test_a_session_that_stops_says_how_long_it_was() -> None:
    assert MADE["_session.stop"].to_dict()["Session"] == {
        "Id": "s-1",
        "StartTimestamp": "2026-11-25T10:00:00.000Z",
        "StopTimestamp": "2026-11-25T10:05:00.000Z",
        "Duration": 300_000,
    }
    with pytest.raises(ValueError, match="stopped_at is missing"):
        catalogue.session_stop(JANE, Session("s-1", AT))


def test_what_is_changed_already_stays_beside_what_the_event_changes() -> None:
    changes = Changes(attributes={"Plan": ["gold"]}, user_attributes={"Name": ["Jane"]}, opt_out="ALL")
    event = catalogue.preference_update(ExistingEndpoint("jane", changes), "Deals", ["no"], at=AT)
    assert event.to_dict()["Endpoint"] == {
        "Attributes": {"Plan": ["gold"], "Deals": ["no"]},
        "User": {"UserAttributes": {"Name": ["Jane"]}},
        "OptOut": "ALL",
    }


def test_the_same_order_is_the_same_event() -> None:
    ids = {MADE[name].event_id for name in ("custom.purchase_event", "_monetization.purchase")}
    assert ids == {"purchase-o-1", "monetization-t-1"}


def test_a_time_is_given_in_utc_and_never_without_a_zone() -> None:
    local = datetime(2026, 11, 25, 12, tzinfo=timezone(timedelta(hours=2)))
    assert builders.moment(local) == "2026-11-25T10:00:00.000Z"
    with pytest.raises(ValueError, match=r"datetime\.now\(timezone\.utc\)"):
        builders.moment(datetime(2026, 11, 25, 12))  # noqa: DTZ001 (that is the point)


def test_an_event_fits_onto_the_bus() -> None:
    entry = MADE["_userauth.auth_fail"].to_bus_entry(bus="shop", source="com.example.shop")
    assert {name: text for name, text in entry.items() if name != "Detail"} == {
        "EventBusName": "shop",
        "Source": "com.example.shop",
        "DetailType": "User Event",
    }
    assert json.loads(entry["Detail"]) == {
        "UserId": "u-1",
        "Channels": ["EMAIL"],
        "EventType": "_userauth.auth_fail",
        "Timestamp": "2026-11-25T10:00:00.000Z",
    }


def test_they_need_nothing_but_python(tmp_path: Path) -> None:
    # As the wheel lays them out, where the library is not on the path.
    place = tmp_path / "pinpoint_patterns" / "lambda_src" / "patterns"
    place.mkdir(parents=True)
    library = SOURCE.parent / "constructs" / "pinpoint_patterns"
    (tmp_path / "pinpoint_patterns" / "__init__.py").symlink_to(library / "__init__.py")
    (place / "user_events").symlink_to(SOURCE / "patterns" / "user_events")
    program = (
        "import sys\n"
        "from pinpoint_patterns.lambda_src.patterns.user_events import builders, catalogue\n"
        "foreign = {'aws_cdk', 'boto3', 'botocore', 'aws_lambda_powertools', 'pinpoint_runtime'}\n"
        "print(sorted(foreign & set(sys.modules)))\n"
    )
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.stdout.strip(), ended.stderr) == ("[]", "")


def public_functions() -> dict[str, Callable[..., Any]]:
    return {
        name: each
        for name, each in vars(catalogue).items()
        if callable(each) and getattr(each, "__module__", "") == catalogue.__name__
    }


def test_every_function_of_the_catalogue_is_on_the_page() -> None:
    page = (SOURCE.parent / "docs/patterns/user-events.md").read_text()
    assert {name for name in public_functions() if f"`{name}`" not in page} == set()
    assert len(public_functions()) == len(MADE)
