"""Endpoints through a real client: merge, limits, what agrees with them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.engine_world import World


def put(pinpoint: Any, app: str, endpoint_id: str, **request: Any) -> None:
    answer = pinpoint.update_endpoint(ApplicationId=app, EndpointId=endpoint_id, EndpointRequest=request)
    assert answer["MessageBody"] == {"Message": "Accepted", "RequestID": "request-1"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202


def get(pinpoint: Any, app: str, endpoint_id: str) -> dict[str, Any]:
    answer = pinpoint.get_endpoint(ApplicationId=app, EndpointId=endpoint_id)
    endpoint: dict[str, Any] = answer["EndpointResponse"]
    return endpoint


def mail(address: str, **more: Any) -> dict[str, Any]:
    return {"Address": address, "ChannelType": "EMAIL", **more}


def test_a_new_endpoint_has_id_cohort_dates_and_is_active_and_opted_in(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, "E-1", **mail("a@example.com"))

    endpoint = get(pinpoint, app, "E-1")
    assert endpoint["Id"] == "E-1"
    assert endpoint["ApplicationId"] == app
    assert 0 <= int(endpoint["CohortId"]) <= 99
    assert endpoint["EndpointStatus"] == "ACTIVE"
    assert endpoint["OptOut"] == "NONE"
    assert endpoint["CreationDate"] == endpoint["EffectiveDate"] == "2026-11-24T12:00:00.002Z"


def test_an_endpoint_is_found_in_any_letter_case_and_keeps_its_first_letters(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, "MixedCase", **mail("a@example.com"))
    put(pinpoint, app, "MIXEDCASE", Attributes={"a": ["1"]})

    endpoint = get(pinpoint, app, "mixedcase")
    assert endpoint["Id"] == "MixedCase"
    assert endpoint["Attributes"] == {"a": ["1"]}


def test_what_is_not_sent_is_kept_and_an_attribute_sent_replaces_its_whole_list(
    pinpoint: Any, app: str
) -> None:
    put(
        pinpoint,
        app,
        "e",
        **mail("a@example.com"),
        Attributes={"colour": ["red", "blue"], "size": ["m"]},
        Metrics={"age": 30.0, "visits": 2},
        Demographic={"Make": "M", "Timezone": "Europe/Paris"},
        Location={"City": "Paris", "Country": "FR"},
        User={"UserId": "u", "UserAttributes": {"name": ["Ann"], "plan": ["free"]}},
    )
    put(
        pinpoint,
        app,
        "e",
        Attributes={"colour": ["green"]},
        Metrics={"visits": 3},
        Demographic={"Make": "N"},
        Location={"City": "Lyon"},
        User={"UserAttributes": {"plan": ["paid"]}},
    )

    endpoint = get(pinpoint, app, "e")
    assert endpoint["Address"] == "a@example.com"
    assert endpoint["Attributes"] == {"colour": ["green"], "size": ["m"]}
    assert endpoint["Metrics"] == {"age": 30.0, "visits": 3.0}
    assert endpoint["Demographic"] == {"Make": "N", "Timezone": "Europe/Paris"}
    assert endpoint["Location"] == {"City": "Lyon", "Country": "FR"}
    assert endpoint["User"] == {"UserId": "u", "UserAttributes": {"name": ["Ann"], "plan": ["paid"]}}


def test_an_update_moves_the_effective_date_and_not_the_creation_date(
    pinpoint: Any, app: str, world: World
) -> None:
    put(pinpoint, app, "e", **mail("a@example.com"))
    world.clock.advance(hours=1)
    put(pinpoint, app, "e", Attributes={"a": ["1"]})

    endpoint = get(pinpoint, app, "e")
    assert endpoint["CreationDate"].startswith("2026-11-24T12:00")
    assert endpoint["EffectiveDate"].startswith("2026-11-24T13:00")


def test_an_endpoint_created_without_an_address_is_opted_out_until_it_says_otherwise(
    pinpoint: Any, app: str
) -> None:
    put(pinpoint, app, "e", Attributes={"a": ["1"]})
    assert get(pinpoint, app, "e")["OptOut"] == "ALL"

    put(pinpoint, app, "e", **mail("a@example.com"))
    assert get(pinpoint, app, "e")["OptOut"] == "ALL"

    put(pinpoint, app, "e", OptOut="NONE")
    assert get(pinpoint, app, "e")["OptOut"] == "NONE"


def test_the_last_endpoint_with_an_address_is_the_active_one(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, "first", **mail("same@example.com"))
    put(pinpoint, app, "second", **mail("same@example.com"))
    assert get(pinpoint, app, "first")["EndpointStatus"] == "INACTIVE"
    assert get(pinpoint, app, "second")["EndpointStatus"] == "ACTIVE"

    put(pinpoint, app, "first", **mail("same@example.com"))
    assert get(pinpoint, app, "first")["EndpointStatus"] == "ACTIVE"
    assert get(pinpoint, app, "second")["EndpointStatus"] == "INACTIVE"


def test_an_endpoint_that_left_an_address_is_not_touched_by_its_next_holder(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, "first", **mail("old@example.com"))
    put(pinpoint, app, "first", **mail("new@example.com"))
    put(pinpoint, app, "second", **mail("old@example.com"))

    assert get(pinpoint, app, "first")["EndpointStatus"] == "ACTIVE"
    assert get(pinpoint, app, "second")["EndpointStatus"] == "ACTIVE"


def test_coordinates_are_kept_to_one_decimal_and_only_taken_together(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, "e", **mail("a@example.com"), Location={"Latitude": 48.8566, "Longitude": 2.3522})
    assert get(pinpoint, app, "e")["Location"] == {"Latitude": 48.9, "Longitude": 2.4}

    with pytest.raises(pinpoint.exceptions.BadRequestException, match="only allowed together"):
        put(pinpoint, app, "e", Location={"Latitude": 1.0})


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"ChannelType": "PIGEON"}, "ChannelType must be one of PUSH, .*, got 'PIGEON'"),
        ({"OptOut": "SOME"}, "OptOut must be one of ALL, NONE"),
        ({"EndpointStatus": "ASLEEP"}, "EndpointStatus must be one of ACTIVE, INACTIVE"),
        ({"EffectiveDate": "yesterday"}, "EffectiveDate must be an ISO 8601"),
        ({"Attributes": {"n" * 51: ["v"]}}, "1 to 50 characters, got 51"),
        ({"Attributes": {"n": ["v" * 101]}}, "Attributes.n must have at most 100 characters, got 101"),
        ({"Attributes": {"n": ["v"] * 51}}, "at most 50 values, got 51"),
        ({"Metrics": {"": 1.0}}, "a name in Metrics"),
        ({"User": {"UserAttributes": {"n": ["v" * 101]}}}, "User.UserAttributes.n must have at most 100"),
        ({"User": {"UserId": "u$1"}}, r"UserId must not contain '\$'"),
        ({"Demographic": {"Make": "m" * 51}}, "Demographic.Make must have at most 50"),
        ({"Demographic": {"Model": "m" * 101}}, "Demographic.Model must have at most 100"),
        ({"Location": {"City": "c" * 76}}, "Location.City must have at most 75"),
        ({"Location": {"Latitude": 91.0, "Longitude": 0.0}}, "Latitude must be between -90 and 90"),
        ({"Attributes": {f"a{i}": ["v" * 100] for i in range(160)}}, "at most 15360 bytes"),
    ],
)
def test_a_request_that_breaks_a_limit_is_refused_with_the_limit(
    pinpoint: Any, app: str, request_: dict[str, Any], reason: str
) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        put(pinpoint, app, "e", **request_)

    with pytest.raises(pinpoint.exceptions.NotFoundException):
        get(pinpoint, app, "e")


@pytest.mark.parametrize("endpoint_id", ["a$b", "a{b", "a}b", "x" * 1001])
def test_an_id_that_the_service_would_not_take_is_refused(pinpoint: Any, app: str, endpoint_id: str) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="EndpointId must"):
        put(pinpoint, app, endpoint_id, **mail("a@example.com"))


def test_an_application_takes_250_names_and_not_one_more(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, "e1", Attributes={f"a{i}": ["1"] for i in range(100)})
    put(pinpoint, app, "e2", Metrics={f"m{i}": 1.0 for i in range(100)})
    put(pinpoint, app, "e3", User={"UserId": "u", "UserAttributes": {f"u{i}": ["1"] for i in range(50)}})

    put(pinpoint, app, "e4", Attributes={"a1": ["2"]}, Metrics={"m1": 2.0})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 250 names"):
        put(pinpoint, app, "e5", Attributes={"one-more": ["1"]})


def test_the_sixteenth_endpoint_of_a_user_is_refused_when_it_is_no_push_endpoint(
    pinpoint: Any, app: str
) -> None:
    for i in range(15):
        put(pinpoint, app, f"e{i}", **mail(f"{i}@example.com"), User={"UserId": "u"})

    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 15 endpoints"):
        put(pinpoint, app, "e15", **mail("15@example.com"), User={"UserId": "u"})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 15 endpoints"):
        put(pinpoint, app, "push", Address="token", ChannelType="GCM", User={"UserId": "u"})
    assert len(pinpoint.get_user_endpoints(ApplicationId=app, UserId="u")["EndpointsResponse"]["Item"]) == 15


def test_a_sixteenth_push_endpoint_pushes_out_the_oldest_push_endpoint(pinpoint: Any, app: str) -> None:
    for i in range(13):
        put(pinpoint, app, f"e{i}", **mail(f"{i}@example.com"), User={"UserId": "u"})
    put(pinpoint, app, "old", Address="t1", ChannelType="GCM", User={"UserId": "u"})
    put(pinpoint, app, "newer", Address="t2", ChannelType="APNS", User={"UserId": "u"})

    put(pinpoint, app, "newest", Address="t3", ChannelType="GCM", User={"UserId": "u"})

    old = get(pinpoint, app, "old")
    assert old["EndpointStatus"] == "INACTIVE"
    assert "UserId" not in old["User"]
    items = pinpoint.get_user_endpoints(ApplicationId=app, UserId="u")["EndpointsResponse"]["Item"]
    assert {item["Id"] for item in items} == {*(f"e{i}" for i in range(13)), "newer", "newest"}


def test_a_users_endpoints_are_listed_and_deleted_together(pinpoint: Any, app: str) -> None:
    for name in ("a", "b"):
        put(pinpoint, app, name, **mail(f"{name}@example.com"), User={"UserId": "u"})
    put(pinpoint, app, "c", **mail("c@example.com"), User={"UserId": "other"})

    deleted = pinpoint.delete_user_endpoints(ApplicationId=app, UserId="u")["EndpointsResponse"]["Item"]

    assert {item["Id"] for item in deleted} == {"a", "b"}
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_user_endpoints(ApplicationId=app, UserId="u")
    assert get(pinpoint, app, "c")["Id"] == "c"


def test_an_endpoint_that_passes_to_another_user_leaves_the_former_users_list(
    pinpoint: Any, app: str
) -> None:
    put(pinpoint, app, "e", **mail("a@example.com"), User={"UserId": "ann"})
    put(pinpoint, app, "e", User={"UserId": "bob"})

    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_user_endpoints(ApplicationId=app, UserId="ann")
    items = pinpoint.get_user_endpoints(ApplicationId=app, UserId="bob")["EndpointsResponse"]["Item"]
    assert [item["Id"] for item in items] == ["e"]


def test_deleting_an_endpoint_answers_with_it_and_frees_its_address(
    pinpoint: Any, app: str, world: World
) -> None:
    put(pinpoint, app, "e", **mail("a@example.com"), User={"UserId": "u"})

    deleted = pinpoint.delete_endpoint(ApplicationId=app, EndpointId="E")["EndpointResponse"]

    assert deleted["Address"] == "a@example.com"
    left = {item["pk"]["S"].split("#")[0] for item in world.dynamodb.scan(TableName="engine")["Items"]}
    assert left == {"APPS"}
    again = pinpoint.delete_endpoint(ApplicationId=app, EndpointId="e")
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert again["EndpointResponse"]["Id"] == "e"


def test_a_batch_of_a_hundred_takes_few_calls(pinpoint: Any, app: str, world: World) -> None:
    items = [
        {"Id": f"e{i}", **mail(f"{i}@example.com"), "User": {"UserId": f"u{i // 3}"}} for i in range(100)
    ]
    with world.counted_calls() as calls:
        pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})
        assert calls() <= 8

    assert get(pinpoint, app, "e99")["User"] == {"UserId": "u33"}


def test_a_batch_over_a_hundred_is_refused(pinpoint: Any, app: str) -> None:
    items = [{"Id": f"e{i}"} for i in range(101)]
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 100 items, got 101"):
        pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})


def test_a_batch_is_applied_in_order(pinpoint: Any, app: str) -> None:
    items = [
        {"Id": "a", **mail("same@example.com")},
        {"Id": "b", **mail("same@example.com")},
        {"Id": "A", "Attributes": {"n": ["1"]}, **mail("other@example.com")},
    ]
    pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})

    assert get(pinpoint, app, "a")["EndpointStatus"] == "ACTIVE"
    assert get(pinpoint, app, "a")["Address"] == "other@example.com"
    assert get(pinpoint, app, "b")["EndpointStatus"] == "ACTIVE"


def test_endpoints_of_an_unknown_application_are_refused(pinpoint: Any) -> None:
    for call, request in (
        (pinpoint.update_endpoint, {"EndpointId": "e", "EndpointRequest": {}}),
        (pinpoint.get_endpoint, {"EndpointId": "e"}),
        (pinpoint.update_endpoints_batch, {"EndpointBatchRequest": {"Item": []}}),
        (pinpoint.delete_endpoint, {"EndpointId": "e"}),
        (pinpoint.get_user_endpoints, {"UserId": "u"}),
    ):
        with pytest.raises(ClientError, match="no application has the id") as caught:
            call(ApplicationId="0" * 32, **request)
        assert caught.value.response["Error"]["Code"] == "NotFoundException"
