"""PutEvents, and the event stream's settings."""

import json
from typing import Any

import pytest

from tests.support.engine_world import World

NOW = "2026-11-24T12:00:00.000Z"
ROLE = "arn:aws:iam::123456789012:role/stream"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/events"


def event(**changes: Any) -> dict[str, Any]:
    return {"EventType": "shop.order", "Timestamp": NOW} | changes


def put(pinpoint: Any, app: str, items: dict[str, Any]) -> dict[str, Any]:
    answer = pinpoint.put_events(ApplicationId=app, EventsRequest={"BatchItem": items})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    results: dict[str, Any] = answer["EventsResponse"]["Results"]
    return results


def codes(result: dict[str, Any]) -> dict[str, int]:
    return {name: answer["StatusCode"] for name, answer in result["EventsItemResponse"].items()}


def streamed(world: World) -> list[dict[str, Any]]:
    return [record for body in world.messages("stream") for record in json.loads(body)["Events"]]


def test_an_accepted_event_reaches_the_stream_with_the_endpoint_it_wrote(
    pinpoint: Any, app: str, world: World
) -> None:
    endpoint = {"Address": "a@example.com", "ChannelType": "EMAIL", "Attributes": {"plan": ["free"]}}
    order = event(Attributes={"item": "42"}, Metrics={"price": 9.5})

    results = put(pinpoint, app, {"e1": {"Endpoint": endpoint, "Events": {"order": order}}})

    assert results["e1"]["EndpointItemResponse"] == {"StatusCode": 202, "Message": "Accepted"}
    assert codes(results["e1"]) == {"order": 202}
    (record,) = streamed(world)
    assert (record["event_type"], record["client"]["client_id"]) == ("shop.order", "e1")
    assert (record["attributes"], record["metrics"]) == ({"item": "42"}, {"price": 9.5})
    assert json.loads(record["client_context"]["custom"]["endpoint"])["Attributes"] == {"plan": ["free"]}
    stored = pinpoint.get_endpoint(ApplicationId=app, EndpointId="e1")["EndpointResponse"]
    assert stored["Address"] == "a@example.com"


def test_one_bad_event_or_endpoint_fails_none_of_the_others(pinpoint: Any, app: str, world: World) -> None:
    results = put(
        pinpoint,
        app,
        {
            "good": {"Endpoint": {}, "Events": {"1": event(), "2": event(Timestamp="now")}},
            "b$d": {"Endpoint": {}, "Events": {"3": event()}},
        },
    )

    assert codes(results["good"]) == {"1": 202, "2": 400}
    assert results["b$d"]["EndpointItemResponse"]["StatusCode"] == 400
    assert codes(results["b$d"]) == {"3": 400}
    assert [record["client"]["client_id"] for record in streamed(world)] == ["good"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"EventType": "a#b"}, "EventType must have"),
        ({"EventType": "a\\b"}, "EventType must have"),
        ({"EventType": ""}, "EventType must have"),
        ({"Timestamp": "2026-13-01"}, "Timestamp must be an ISO 8601"),
        ({"Attributes": {f"a{i}": "" for i in range(41)}}, "at most 40 attributes and metrics, got 41"),
        (
            {"Attributes": {"a": ""}, "Metrics": {f"m{i}": 1.0 for i in range(40)}},
            "at most 40 attributes and metrics, got 41",
        ),
        ({"Attributes": {"n" * 51: ""}}, "1 to 50 characters"),
        ({"Attributes": {"n": "v" * 201}}, "Attributes.n must have at most 200 characters, got 201"),
        ({"Session": {"Id": "s", "StartTimestamp": "then"}}, "Session.StartTimestamp must be"),
        ({"AppTitle": "x" * 1_024_001}, "at most 1024000 bytes"),
    ],
)
def test_an_event_that_breaks_a_limit_is_a_400_of_its_own(
    pinpoint: Any, app: str, world: World, changes: dict[str, Any], reason: str
) -> None:
    results = put(
        pinpoint, app, {"e": {"Endpoint": {}, "Events": {"bad": event(**changes), "good": event()}}}
    )

    assert codes(results["e"]) == {"bad": 400, "good": 202}
    assert reason in results["e"]["EventsItemResponse"]["bad"]["Message"]
    assert len(streamed(world)) == 1


def test_a_timestamp_without_an_offset_is_utc(pinpoint: Any, app: str, world: World) -> None:
    put(
        pinpoint,
        app,
        {
            "e": {
                "Endpoint": {},
                "Events": {
                    "1": event(Timestamp="2026-11-24T12:00:00"),
                    "2": event(Timestamp="2026-11-24T14:00:00+02:00"),
                },
            }
        },
    )

    assert [record["event_timestamp"] for record in streamed(world)] == [1795521600000] * 2


def test_an_event_of_an_unknown_endpoint_creates_it_opted_out(pinpoint: Any, app: str) -> None:
    put(pinpoint, app, {"new": {"Endpoint": {}, "Events": {"1": event()}}})

    assert pinpoint.get_endpoint(ApplicationId=app, EndpointId="new")["EndpointResponse"]["OptOut"] == "ALL"


def test_more_than_a_hundred_events_or_four_megabytes_are_refused(pinpoint: Any, app: str) -> None:
    many = {"e": {"Endpoint": {}, "Events": {str(i): event() for i in range(101)}}}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 100 events, got 101"):
        put(pinpoint, app, many)

    big = {"e": {"Endpoint": {}, "Events": {str(i): event(AppTitle="x" * 900_000) for i in range(5)}}}
    with pytest.raises(pinpoint.exceptions.PayloadTooLargeException):
        put(pinpoint, app, big)


def test_the_event_stream_is_set_read_and_removed(pinpoint: Any, app: str) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_event_stream(ApplicationId=app)
    write = {"DestinationStreamArn": STREAM, "RoleArn": ROLE}

    stream = pinpoint.put_event_stream(ApplicationId=app, WriteEventStream=write)["EventStream"]

    assert stream.items() >= {"ApplicationId": app, **write}.items()
    assert pinpoint.get_event_stream(ApplicationId=app)["EventStream"] == stream
    assert pinpoint.delete_event_stream(ApplicationId=app)["EventStream"] == stream
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.delete_event_stream(ApplicationId=app)


@pytest.mark.parametrize(
    "write",
    [
        {"DestinationStreamArn": "arn:aws:s3:::bucket", "RoleArn": ROLE},
        {"DestinationStreamArn": STREAM, "RoleArn": "arn:aws:iam::123456789012:user/x"},
    ],
)
def test_an_event_stream_that_is_none_is_refused(pinpoint: Any, app: str, write: dict[str, str]) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="WriteEventStream"):
        pinpoint.put_event_stream(ApplicationId=app, WriteEventStream=write)


def test_the_email_channel_is_set_counted_and_removed(pinpoint: Any, app: str) -> None:
    write = {
        "FromAddress": "Shop <shop@example.com>",
        "Identity": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    }
    first = pinpoint.update_email_channel(ApplicationId=app, EmailChannelRequest=write)[
        "EmailChannelResponse"
    ]
    second = pinpoint.update_email_channel(ApplicationId=app, EmailChannelRequest=write)[
        "EmailChannelResponse"
    ]

    assert (first["Version"], second["Version"], first["Platform"], first["Enabled"]) == (1, 2, "EMAIL", True)
    assert pinpoint.get_email_channel(ApplicationId=app)["EmailChannelResponse"] == second
    assert pinpoint.delete_email_channel(ApplicationId=app)["EmailChannelResponse"] == second
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_email_channel(ApplicationId=app)
    for wrong in ({"Identity": "example.com"}, {"FromAddress": "nobody"}):
        with pytest.raises(pinpoint.exceptions.BadRequestException):
            pinpoint.update_email_channel(ApplicationId=app, EmailChannelRequest=write | wrong)
