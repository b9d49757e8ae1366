"""Each choice where the documents are silent, held by what a client sees."""

from typing import Any

import pytest

from engine import choices
from engine.audience.dimensions import fits
from engine.campaigns.eligibility import sender_for
from engine.endpoints.access import get_endpoint
from engine.endpoints.apply import apply_changes
from engine.endpoints.change import EndpointChange
from engine.rendering.template import RenderingError, render
from engine.store import Document
from tests.support.engine_world import World

APP = "a" * 32


def put(world: World, endpoint_id: str, **request: Any) -> Document:
    (outcome,) = apply_changes(world.context, APP, [EndpointChange(endpoint_id, request)])
    assert outcome.document is not None
    return outcome.document


def stored(world: World, endpoint_id: str) -> Document:
    document = get_endpoint(world.context, APP, endpoint_id)
    assert document is not None
    return document


def test_an_empty_list_removes_the_attribute(world: World) -> None:
    put(world, "e", Attributes={"a": ["1"], "b": ["2"]}, User={"UserAttributes": {"c": ["3"]}})

    document = put(world, "e", Attributes={"a": []}, User={"UserAttributes": {"c": []}})

    assert document["Attributes"] == {"b": ["2"]}
    assert document["User"]["UserAttributes"] == {}


def test_an_empty_address_is_not_sent(world: World) -> None:
    put(world, "e", Address="a@example.com", ChannelType="EMAIL")

    assert put(world, "e", Address="")["Address"] == "a@example.com"
    assert put(world, "new", Address="", OptOut="NONE")["OptOut"] == "ALL"


def test_twins_on_different_channels_are_both_active(world: World) -> None:
    put(world, "sms", Address="+12065550100", ChannelType="SMS")
    put(world, "voice", Address="+12065550100", ChannelType="VOICE")

    assert stored(world, "sms")["EndpointStatus"] == "ACTIVE"


def test_an_update_without_an_address_takes_the_address_back(world: World) -> None:
    put(world, "one", Address="a@example.com", ChannelType="EMAIL")
    put(world, "two", Address="a@example.com", ChannelType="EMAIL")

    put(world, "one", Attributes={"n": ["1"]})

    assert stored(world, "one")["EndpointStatus"] == "ACTIVE"
    assert stored(world, "two")["EndpointStatus"] == "INACTIVE"


def test_inactive_on_request_is_kept_until_the_next_write(world: World) -> None:
    assert put(world, "e", EndpointStatus="INACTIVE")["EndpointStatus"] == "INACTIVE"
    assert put(world, "e")["EndpointStatus"] == "ACTIVE"


def test_an_inactive_endpoint_holds_no_address(world: World) -> None:
    put(world, "one", Address="a@example.com", ChannelType="EMAIL")
    put(world, "two", Address="a@example.com", ChannelType="EMAIL", EndpointStatus="INACTIVE")

    assert stored(world, "one")["EndpointStatus"] == "ACTIVE"


def test_without_an_address_even_opt_out_none_becomes_all(world: World) -> None:
    assert put(world, "e", OptOut="NONE")["OptOut"] == "ALL"


def test_a_new_user_does_not_get_the_former_users_attributes(world: World) -> None:
    put(world, "e", User={"UserId": "ann", "UserAttributes": {"name": ["Ann"]}})

    assert put(world, "e", User={"UserId": "bob"})["User"] == {"UserId": "bob"}


def test_user_attributes_stay_with_the_endpoint_that_sent_them(world: World) -> None:
    put(world, "one", User={"UserId": "u", "UserAttributes": {"plan": ["free"]}})
    put(world, "two", User={"UserId": "u", "UserAttributes": {"plan": ["paid"]}})

    assert stored(world, "one")["User"]["UserAttributes"] == {"plan": ["free"]}


def test_an_older_effective_date_does_not_stop_a_write(world: World) -> None:
    put(world, "e", EffectiveDate="2030-01-01T00:00:00Z", Attributes={"a": ["new"]})

    document = put(world, "e", EffectiveDate="2020-01-01T00:00:00Z", Attributes={"a": ["old"]})

    assert document["Attributes"] == {"a": ["old"]}
    assert document["EffectiveDate"] == "2020-01-01T00:00:00Z"


def test_a_batch_with_one_item_that_breaks_a_rule_writes_nothing(pinpoint: Any, app: str) -> None:
    items = [{"Id": "good"}, {"Id": "b$d"}]
    with pytest.raises(
        pinpoint.exceptions.BadRequestException, match=r"Item\[1\]: EndpointId must not contain"
    ):
        pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})

    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_endpoint(ApplicationId=app, EndpointId="good")


def test_an_unknown_user_is_not_found(pinpoint: Any, app: str) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_user_endpoints(ApplicationId=app, UserId="nobody")


def test_an_id_may_have_a_thousand_bytes(world: World) -> None:
    assert choices.MAX_ID_BYTES == 1000
    assert put(world, "x" * 1000)["Id"] == "x" * 1000


def test_several_values_of_a_bare_path_are_joined_by_a_comma() -> None:
    assert render("{{Attributes.Offers}}", [{"Attributes": {"Offers": ["one", "two"]}}]) == "one,two"


def test_a_variable_without_a_value_is_nothing_unless_asked_strictly() -> None:
    assert render("Hi {{Attributes.Name}}!", [{}]) == "Hi !"
    with pytest.raises(RenderingError, match=r"there is no value for Attributes\.Name"):
        render("Hi {{Attributes.Name}}!", [{}], strict=True)


def test_a_custom_delivery_that_names_email_takes_it_from_the_campaigns_mail() -> None:
    campaign: Document = {
        "MessageConfiguration": {"CustomMessage": {"Data": "hello"}, "EmailMessage": {"Title": "Hello"}},
        "CustomDeliveryConfiguration": {"DeliveryUri": "channel", "EndpointTypes": ["SMS"]},
    }
    assert sender_for(campaign, "EMAIL") == "EMAIL"

    campaign["CustomDeliveryConfiguration"]["EndpointTypes"].append("EMAIL")
    assert sender_for(campaign, "EMAIL") == "CUSTOM"


def test_an_exclusive_dimension_takes_who_lacks_the_attribute() -> None:
    dimensions = {"Attributes": {"Plan": {"AttributeType": "EXCLUSIVE", "Values": ["free"]}}}

    assert fits(dimensions, {})
    assert fits(dimensions, {"Attributes": {"Plan": ["paid"]}})
    assert not fits(dimensions, {"Attributes": {"Plan": ["free"]}})


def test_a_limit_of_messages_a_session_is_kept_and_shown(pinpoint: Any, app: str) -> None:
    settings = {"Limits": {"Session": 3}}

    pinpoint.update_application_settings(ApplicationId=app, WriteApplicationSettingsRequest=settings)

    answer = pinpoint.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert answer["Limits"] == {"Session": 3}
