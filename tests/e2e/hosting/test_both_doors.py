"""The deployed engine, by Pinpoint's address and by its own API's, with ids that a path can hardly hold."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session as Settings

import pinpoint_patterns.hosting.clients as hosted_clients
from embedded.demo.stage import Stage
from embedded.server import REGION
from tests.support.answers import hold_all

pytestmark = pytest.mark.e2e

DOORS = ("front door", "own api")
STRANGE = (
    "a/b",
    "x?y",
    "p#q",
    "a+b@c",
    "50%",
    "100%25",
    "..%2f",
    "ü:1",
    "日本 語",
    "e\u0301",
    "😀",
    "a&b=c",
    "a//b",
    "a/../b",
    "/ ? # + % @ :",
)

Clients = dict[str, Any]


@pytest.fixture(scope="module")
def clients(hosted_stage: Stage) -> Clients:
    """A client for each door; every answer is held against the model."""
    account = hosted_stage.account
    return {
        "front door": _client(account.endpoint, signed_for="mobiletargeting"),
        "own api": _client(account.output("Engine", "ApiUrl"), signed_for="execute-api"),
    }


def _client(endpoint: str, *, signed_for: str) -> Any:
    settings = Settings()
    if signed_for == "execute-api":
        # The file that hosted functions have in their layer.
        folder = Path(hosted_clients.__file__).with_name("client_settings") / "pinpoint-engine"
        settings.set_config_variable("data_path", str(folder))
    client = Session("test", "test", region_name=REGION, botocore_session=settings).client(
        "pinpoint", endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1})
    )

    def check(request: AWSPreparedRequest, **_: Any) -> None:
        assert f"/{REGION}/{signed_for}/aws4_request" in request.headers["Authorization"].decode()

    client.meta.events.register("before-send.pinpoint", check)
    return hold_all(client)


@pytest.fixture(scope="module")
def app(hosted_stage: Stage) -> str:
    return str(hosted_stage.account.output("Project", "ApplicationId"))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("strange", STRANGE)
def test_any_id_goes_in_by_one_door_and_is_found_by_both(
    clients: Clients, app: str, door: str, strange: str
) -> None:
    name = f"{strange} {uuid4().hex}"
    clients[door].update_endpoint(
        ApplicationId=app, EndpointId=name, EndpointRequest={"User": {"UserId": name}}
    )

    for client in clients.values():
        endpoint = client.get_endpoint(ApplicationId=app, EndpointId=name)["EndpointResponse"]
        assert endpoint["Id"] == name
        users = client.get_user_endpoints(ApplicationId=app, UserId=name)["EndpointsResponse"]["Item"]
        assert users == [endpoint]
    deleted = clients[door].delete_user_endpoints(ApplicationId=app, UserId=name)["EndpointsResponse"]
    assert [item["Id"] for item in deleted["Item"]] == [name]


@pytest.mark.parametrize("door", DOORS)
def test_pages_are_turned_by_either_door(clients: Clients, door: str) -> None:
    client = clients[door]
    made = {
        client.create_app(CreateApplicationRequest={"Name": f"page {i}"})["ApplicationResponse"]["Id"]
        for i in range(3)
    }
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = client.get_apps(PageSize="2", **token)["ApplicationsResponse"]
        seen += [item["Id"] for item in page["Item"]]
        if "NextToken" not in page:
            break
        token = {"Token": page["NextToken"]}
    for name in made:
        client.delete_app(ApplicationId=name)

    assert made <= set(seen)
    assert len(seen) == len(set(seen))


REFUSED: list[tuple[str, dict[str, Any], str, int]] = [
    ("get_app", {"ApplicationId": "f" * 32}, "NotFoundException", 404),
    (
        "update_endpoint",
        {"EndpointId": "e", "EndpointRequest": {"ChannelType": "PIGEON"}},
        "BadRequestException",
        400,
    ),
    ("get_journey", {"JourneyId": "j"}, "NotImplementedException", 501),
    (
        "update_endpoint",
        {"EndpointId": "e", "EndpointRequest": {"Attributes": {"a": ["x" * (5 * 1024 * 1024)]}}},
        "PayloadTooLargeException",
        413,
    ),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("operation", "members", "code", "status"), REFUSED)
def test_a_refusal_is_the_same_by_either_door(
    clients: Clients, app: str, door: str, operation: str, members: dict[str, Any], code: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(clients[door], operation)(**{"ApplicationId": app, **members})

    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert answer["Error"]["Message"]
