"""No input crashes the API: whatever comes, the answer is one of the API's own."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api.dispatch import respond
from engine.context import Context, Queues
from engine.errors import BadRequest
from engine.operations.registry import SERVED
from engine.protocol.paging import make_token, read_token
from engine.protocol.router import router
from pinpoint_runtime.rest_proxy import from_event
from tests.support.answers import hold_answer, hold_refusal
from tests.support.engine_world import ACCOUNT, REGION
from tests.support.memory_store import MemoryStore

MODEL = Session().get_service_model("pinpoint")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class NoQueues(Queues):
    """Takes every message and forgets it."""

    def __init__(self) -> None:
        super().__init__(None, {})

    def send(self, *_: Any, **__: Any) -> None:
        pass


class NoMail:
    """Takes every mail and forgets it."""

    def send_email(self, **_: Any) -> dict[str, str]:
        return {"MessageId": "m"}

    def list_email_identities(self, **_: Any) -> dict[str, Any]:
        return {}


def new_context() -> Context:
    return Context(MemoryStore(), NoQueues(), REGION, ACCOUNT, lambda _: NoMail())


def ask(context: Context, method: str, path: str, body: str, query: dict[str, list[str]]) -> dict[str, Any]:
    event = {"httpMethod": method, "path": path, "body": body, "multiValueQueryStringParameters": query}
    result = respond(context, from_event({**event, "requestContext": {"requestId": "r"}}))
    assert result["statusCode"] != 500, result["body"]
    if result["statusCode"] < 300:
        operation = MODEL.operation_model(router().route(method, path).operation)
        hold_answer(operation, result["statusCode"], result["body"])
    else:
        hold_refusal(result["headers"], result["body"])
    return result


def near(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that mostly have a shape, so that they get past the first check."""
    match shape.type_name:
        case "structure" if depth < 5:
            members = {name: near(member, depth + 1) for name, member in shape.members.items()}
            required = {name: members.pop(name) for name in shape.required_members}
            return st.fixed_dictionaries(required, optional=members)
        case "map" if depth < 5:
            return st.dictionaries(st.text(min_size=1, max_size=5), near(shape.value, depth + 1), max_size=2)
        case "list" if depth < 5:
            return st.lists(near(shape.member, depth + 1), max_size=2)
        case "string":
            return st.sampled_from(shape.enum) if shape.enum else st.text(max_size=8)
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            return st.integers(-5, 200)
        case "double":
            return st.floats(-200, 200)
        case "blob":
            return st.just("aGk=")
        case _:
            return st.none()


@st.composite
def near_requests(draw: st.DrawFn, operation_name: str) -> tuple[str, str, str, dict[str, list[str]]]:
    operation = MODEL.operation_model(operation_name)
    path = operation.http["requestUri"]
    query: dict[str, list[str]] = {}
    body = ""
    for name, shape in (operation.input_shape.members if operation.input_shape else {}).items():
        location = shape.serialization.get("location")
        wire_name = shape.serialization.get("name", name)
        if location == "uri":
            value = "app" if wire_name == "application-id" else draw(st.text(min_size=1, max_size=6))
            path = path.replace("{" + wire_name + "}", quote(value, safe=""))
        elif location == "querystring":
            if draw(st.booleans()):
                query[wire_name] = draw(st.lists(st.text(max_size=5), min_size=1, max_size=2))
        else:
            body = json.dumps(draw(near(shape)))
    return operation.http["method"], path, body, query


@pytest.mark.parametrize("operation_name", sorted(SERVED))
def test_no_request_of_about_the_right_shape_crashes_an_operation(operation_name: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(near_requests(operation_name))
    def holds(request: tuple[str, str, str, dict[str, list[str]]]) -> None:
        context = new_context()
        made = ask(context, "POST", "/v1/apps", '{"Name": "n"}', {})
        method, path, body, query = request
        ask(
            context, method, path.replace("/apps/app", f"/apps/{json.loads(made['body'])['Id']}"), body, query
        )

    holds()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "x"]),
    st.text(max_size=30).map(lambda rest: "/v1/" + rest),
    st.text(max_size=20) | json_values.map(json.dumps),
)
def test_no_path_and_no_body_crashes_the_protocol(method: str, path: str, body: str) -> None:
    ask(new_context(), method, path, body, {})


@given(st.text(min_size=1).filter(lambda s: s not in (".", "..")))
def test_any_id_comes_out_of_its_encoded_path_as_it_went_in(name: str) -> None:
    encoded = quote(name, safe="", errors="surrogatepass")
    try:
        name.encode()
    except UnicodeEncodeError:
        with pytest.raises(BadRequest):
            router().route("GET", f"/v1/apps/a/endpoints/{encoded}")
        return
    route = router().route("GET", f"/v1/apps/a/endpoints/{encoded}")
    assert route.values == {"application-id": "a", "endpoint-id": name}


@given(st.text(), st.text(), st.text())
def test_a_token_is_read_by_its_own_list_only(scope: str, other: str, after: str) -> None:
    token = make_token(scope, after)
    assert read_token(scope, token) == after
    if other != scope:
        with pytest.raises(BadRequest):
            read_token(other, token)


@given(st.text(max_size=40))
def test_no_text_passes_for_a_token(text: str) -> None:
    with pytest.raises(BadRequest):
        read_token("scope", text)
