"""The wire: routes, validation, errors, sizes, encodings, as a client of the service meets them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from botocore.session import Session

from engine.api.dispatch import respond
from engine.coverage import table
from engine.errors import BadRequest
from engine.operations.registry import SERVED, find_operation
from engine.protocol.model import pinpoint as pinpoint_model
from engine.protocol.request import MAX_BODY_BYTES
from engine.protocol.router import router
from pinpoint_runtime.rest_proxy import from_event
from tests.support.engine_world import World

STRANGE_IDS = [
    "a/b",
    "x?y",
    "p#q",
    "50%",
    "100%25",
    "a+b@c",
    "ü:1",
    "日本 語",
    "a b",
    "a/../b",
    "../x",
    "a//b",
    "..%2f",
    "é",
    "e\u0301",
    "inappmessages",
    "a&b=c",
    "😀",
]


def send(
    world: World,
    method: str,
    path: str,
    body: str | None = None,
    query: Mapping[str, list[str]] | None = None,
) -> tuple[int, dict[str, str], Any]:
    event = {
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": query,
        "body": body,
        "requestContext": {"requestId": "request-1"},
    }
    result = respond(world.context, from_event(event))
    return result["statusCode"], result["headers"], json.loads(result["body"] or "null")


@pytest.mark.parametrize("endpoint_id", STRANGE_IDS)
def test_any_id_goes_round_through_a_real_client(pinpoint: Any, app: str, endpoint_id: str) -> None:
    pinpoint.update_endpoint(
        ApplicationId=app, EndpointId=endpoint_id, EndpointRequest={"User": {"UserId": endpoint_id}}
    )

    endpoint = pinpoint.get_endpoint(ApplicationId=app, EndpointId=endpoint_id)["EndpointResponse"]
    assert endpoint["Id"] == endpoint_id
    users = pinpoint.get_user_endpoints(ApplicationId=app, UserId=endpoint_id)["EndpointsResponse"]["Item"]
    assert users == [endpoint]
    assert pinpoint.delete_endpoint(ApplicationId=app, EndpointId=endpoint_id)["EndpointResponse"] == endpoint


def test_every_operation_of_the_model_is_routed_to_itself() -> None:
    model = Session().get_service_model("pinpoint")
    ids = {"application-id", "endpoint-id", "user-id", "template-name", "resource-arn"}
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = http["requestUri"]
        values: dict[str, str] = {}
        for segment in http["requestUri"].split("/"):
            if segment.startswith("{"):
                wire_name = segment.strip("{}")
                values[wire_name] = "a/b ?+%é" if wire_name in ids else "x-1"
                path = path.replace(segment, quote(values[wire_name], safe="~"))

        route = router().route(http["method"], path)

        assert (route.operation, route.values) == (name, values)


@pytest.mark.parametrize("path", ["/v1/apps/..", "/v1/apps/x/endpoints/%2e%2E", "/v1/apps/./endpoints/e"])
def test_dot_segments_are_refused(world: World, path: str) -> None:
    status, headers, body = send(world, "GET", path)

    assert (status, headers["x-amzn-errortype"]) == (400, "BadRequestException")
    assert "'.' or '..'" in body["Message"]


def test_a_path_that_is_not_utf_8_is_refused(world: World) -> None:
    assert send(world, "GET", "/v1/apps/%ff")[0] == 400


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/apps", "/v1/nothing", "/v1/apps//settings", "/v1/apps/a/endpoints/e/f/g"]
)
def test_an_unknown_path_is_not_found(world: World, path: str) -> None:
    status, headers, body = send(world, "GET", path)

    assert (status, headers["x-amzn-errortype"]) == (404, "NotFoundException")
    assert body == {"Message": "no operation has this path", "RequestID": "request-1"}


def test_a_known_path_with_another_method_is_not_allowed(world: World) -> None:
    status, headers, _ = send(world, "PATCH", "/v1/apps/x")

    assert (status, headers["x-amzn-errortype"]) == (405, "MethodNotAllowedException")


def test_an_operation_that_is_not_served_says_so_with_its_name(world: World) -> None:
    status, headers, body = send(world, "POST", "/v1/apps/x/journeys", '{"Name": "j"}')

    assert (status, headers["x-amzn-errortype"]) == (501, "NotImplementedException")
    assert "CreateJourney" in body["Message"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "CreateApplicationRequest.Name is required"),
        ("{", "must be a JSON object"),
        ("[]", "must be an object, got a list"),
        ('"text"', "must be an object, got 'text'"),
        ('{"Name": null}', "Name is required"),
        ('{"Name": 7}', "CreateApplicationRequest.Name must be a string, got 7"),
        ('{"Name": "n", "tags": {"a": 1}}', "CreateApplicationRequest.tags.a must be a string, got 1"),
        ('{"Name": NaN}', "must be a JSON object"),
        ('{"Name": "' + "[" * 10 + '"', "must be a JSON object"),
        ("[" * 100_000, "must be a JSON object"),
        ('{"Name": "\\ud800"}', "must be a JSON object"),
    ],
)
def test_a_malformed_body_is_refused_with_member_and_value(world: World, body: str, reason: str) -> None:
    status, _, answer = send(world, "POST", "/v1/apps", body)

    assert status == 400
    assert reason in answer["Message"]


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ('{"Attributes": {"a": "red"}}', "EndpointRequest.Attributes.a must be a list, got 'red'"),
        ('{"Attributes": {"a": [1]}}', "EndpointRequest.Attributes.a[0] must be a string, got 1"),
        ('{"Metrics": {"m": "1"}}', "EndpointRequest.Metrics.m must be a number, got '1'"),
        ('{"Metrics": {"m": true}}', "EndpointRequest.Metrics.m must be a number, got True"),
        ('{"Metrics": {"m": 1e999}}', "EndpointRequest.Metrics.m must be a number, got inf"),
        ('{"Metrics": {"m": 1' + "0" * 400 + "}}", "EndpointRequest.Metrics.m must be a number"),
        ('{"Location": []}', "EndpointRequest.Location must be an object, got a list"),
        ('{"ChannelType": "X"}', "EndpointRequest.ChannelType must be one of"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_its_path(
    world: World, app: str, endpoint: str, reason: str
) -> None:
    status, _, answer = send(world, "PUT", f"/v1/apps/{app}/endpoints/e", endpoint)

    assert status == 400
    assert reason in answer["Message"]


def test_members_that_the_model_does_not_know_are_left_out(world: World, app: str, pinpoint: Any) -> None:
    body = '{"Nonsense": 1, "Attributes": {"a": ["1"]}, "User": null}'
    assert send(world, "PUT", f"/v1/apps/{app}/endpoints/e", body)[0] == 202

    endpoint = pinpoint.get_endpoint(ApplicationId=app, EndpointId="e")["EndpointResponse"]
    assert "Nonsense" not in endpoint
    assert "User" not in endpoint


def test_a_body_over_five_megabytes_is_too_large_and_one_below_is_not(world: World) -> None:
    status, headers, _ = send(world, "POST", "/v1/apps", '"' + "x" * MAX_BODY_BYTES)
    assert (status, headers["x-amzn-errortype"]) == (413, "PayloadTooLargeException")

    assert send(world, "POST", "/v1/apps", '"' + "x" * (MAX_BODY_BYTES - 1))[0] == 400


def test_a_query_value_of_the_wrong_type_is_refused(world: World) -> None:
    status, _, answer = send(
        world, "PUT", "/v1/templates/t/email", "{}", query={"create-new-version": ["perhaps"]}
    )

    assert status == 400
    assert answer["Message"] == "CreateNewVersion must be true or false, got 'perhaps'"


def test_a_body_may_come_in_base64(world: World) -> None:
    event = {"httpMethod": "POST", "path": "/v1/apps", "body": "eyJOYW1lIjoieCJ9", "isBase64Encoded": True}

    assert respond(world.context, from_event(event))["statusCode"] == 201


def test_a_failure_inside_is_a_500_that_tells_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("ann@example.com")

    monkeypatch.setattr("engine.operations.apps.get_apps", broken)
    status, headers, body = send(world, "GET", "/v1/apps")

    assert (status, headers["x-amzn-errortype"]) == (500, "InternalServerErrorException")
    assert "ann" not in body["Message"]
    assert "RuntimeError" in caplog.text
    assert "ann" not in caplog.text


def test_a_busy_table_is_a_429(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(Exception):
        response = {"Error": {"Code": "ProvisionedThroughputExceededException"}}  # noqa: RUF012

    def busy(*_: Any) -> None:
        raise Busy

    monkeypatch.setattr("engine.operations.apps.get_apps", busy)

    assert send(world, "GET", "/v1/apps")[0] == 429


def test_every_served_operation_is_one_of_the_models_and_has_its_function() -> None:
    assert set(pinpoint_model().operation_names) >= SERVED
    for name in SERVED:
        assert callable(find_operation(name))


def test_the_coverage_table_has_a_line_for_each_operation_and_their_sum() -> None:
    *lines, total = table()

    states = {line.split()[0]: line.split()[1] for line in lines}
    assert set(states) == set(pinpoint_model().operation_names)
    assert {name for name, state in states.items() if state == "done"} == SERVED
    assert total.startswith(f"{len(SERVED)} of {len(states)} operations are served")


def test_errors_carry_the_codes_that_the_model_declares() -> None:
    shapes = Session().get_service_model("pinpoint")
    assert shapes.shape_for(BadRequest.code).metadata["error"]["httpStatusCode"] == BadRequest.status


@pytest.mark.parametrize("name", ["x" * 1001, "ü" * 501, "x" * 9000])
@pytest.mark.parametrize("path", ["/v1/apps/{}", "/v1/apps/app/segments/{}", "/v1/templates/{}/email"])
def test_an_id_that_no_key_could_hold_is_refused(world: World, app: str, path: str, name: str) -> None:
    assert send(world, "GET", path.replace("app/", f"{app}/").format(quote(name)))[0] == 400


@pytest.mark.parametrize("name", ["", "x" * 3000])
def test_a_reference_that_no_key_could_hold_finds_nothing(pinpoint: Any, app: str, name: str) -> None:
    groups = {"Groups": [{"SourceSegments": [{"Id": name}]}]}
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"SegmentGroups": groups})
    assert pinpoint.list_templates(Prefix=name)["TemplatesResponse"]["Item"] == []


def test_a_resource_that_no_item_could_hold_is_too_large(pinpoint: Any, app: str) -> None:
    for index in range(2):
        with pytest.raises(pinpoint.exceptions.PayloadTooLargeException):
            pinpoint.create_email_template(
                TemplateName=f"t{index}", EmailTemplateRequest={"HtmlPart": "x" * 500_000}
            )


def test_numbers_beyond_their_type_are_refused(world: World, app: str) -> None:
    body = '{"Limits": {"Total": 2147483648}}'
    status, _, answer = send(world, "PUT", f"/v1/apps/{app}/settings", body)

    assert status == 400
    assert "Limits.Total must be a whole number of at most 2147483647, got 2147483648" in answer["Message"]
