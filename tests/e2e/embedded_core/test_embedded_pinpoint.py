"""Pinpoint's front doors: who may call, what the engine sees, what CloudFormation does."""

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, WaiterError
from botocore.httpsession import URLLib3Session

from tests.e2e.embedded_core.conftest import Running

pytestmark = pytest.mark.e2e

_ID = "a/b x?y p#q 50% a+b@c ü:1"
_ENCODED = "a%2Fb%20x%3Fy%20p%23q%2050%25%20a%2Bb%40c%20%C3%BC%3A1"


def seen(response: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(response["EndpointResponse"]["Id"])
    return event


def test_a_granted_call_reaches_the_engine_with_its_path_as_it_was_encoded(aws: Running) -> None:
    application = aws.output("Partner", "ApplicationId")
    result = aws.invoke(
        {"Operation": "get_endpoint", "Parameters": {"ApplicationId": application, "EndpointId": _ID}}
    )
    event = seen(result["response"])
    assert event["path"] == f"/v1/apps/{application}/endpoints/{_ENCODED}"
    assert ":assumed-role/Partner-CallerServiceRole" in event["requestContext"]["identity"]["userArn"]


@pytest.mark.parametrize(
    ("operation", "parameters", "resource"),
    [
        ("delete_app", {"ApplicationId": "{own}"}, "apps/{own}"),
        ("get_app", {"ApplicationId": "another"}, "apps/another"),
        ("get_segments", {"ApplicationId": "{own}"}, "apps/{own}"),
    ],
)
def test_a_call_that_was_not_granted_is_denied(
    aws: Running, operation: str, parameters: dict[str, str], resource: str
) -> None:
    own = aws.output("Partner", "ApplicationId")
    filled = {name: value.replace("{own}", own) for name, value in parameters.items()}
    result = aws.invoke({"Operation": operation, "Parameters": filled})
    assert result["status"] == 403
    assert result["error"]["Code"] == "AccessDeniedException"
    assert result["error"]["Message"].startswith(
        "User: arn:aws:sts::000000000000:assumed-role/Partner-Caller"
    )
    arn = f"arn:aws:mobiletargeting:us-east-1:000000000000:{resource.replace('{own}', own)}"
    assert f"on resource: {arn} because no identity-based policy allows" in result["error"]["Message"]


def test_a_rest_api_hands_over_the_path_as_it_was_encoded(aws: Running) -> None:
    url = aws.output("Engine", "ApiUrl")
    request = AWSRequest("GET", f"{url}v1/apps/a1/endpoints/{_ENCODED}")
    SigV4Auth(Credentials("test", "test"), "execute-api", "us-east-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    assert answer.status_code == 200
    event = json.loads(json.loads(answer.text)["Id"])
    assert event["path"] == f"/v1/apps/a1/endpoints/{_ENCODED}"
    assert event["requestContext"]["path"] == f"/engine/v1/apps/a1/endpoints/{_ENCODED}"


def test_a_request_that_lambda_could_not_take_is_too_large(aws: Running) -> None:
    events = {f"e{number}": {"EventType": "x" * 1000, "Timestamp": "2026-01-01"} for number in range(6500)}
    with pytest.raises(ClientError) as refusal:
        aws.client("pinpoint").put_events(
            ApplicationId="a1", EventsRequest={"BatchItem": {"p": {"Endpoint": {}, "Events": events}}}
        )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_worker_sees_addresses_and_folders_that_exist_here(aws: Running) -> None:
    environment = aws.invoke({})["environment"]
    assert environment["API_URL"] == f"{aws.endpoint}/_aws/execute-api/ab12cd34ef/engine"
    assert environment["DATA"].endswith("layer_0/data")


def test_a_worker_inherits_nothing_of_whoever_started_the_server(aws: Running) -> None:
    environment = aws.invoke({})["environment"]
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST"} & environment.keys()


def template(**resources: dict[str, Any]) -> str:
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def app(name: str) -> dict[str, Any]:
    return {"Type": "AWS::Pinpoint::App", "Properties": {"Name": name}}


def output(cloudformation: Any, stack: str) -> str:
    value: str = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"][0]["OutputValue"]
    return value


def test_another_name_replaces_an_application_and_other_tags_do_not(aws: Running) -> None:
    cloudformation = aws.client("cloudformation")
    fast = {"Delay": 0.2}

    def update(resource: dict[str, Any]) -> str:
        cloudformation.update_stack(StackName="replaced", TemplateBody=template(App=resource))
        cloudformation.get_waiter("stack_update_complete").wait(StackName="replaced", WaiterConfig=fast)
        return output(cloudformation, "replaced")

    cloudformation.create_stack(StackName="replaced", TemplateBody=template(App=app("one")))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="replaced", WaiterConfig=fast)
    first = output(cloudformation, "replaced")
    tagged = app("one")
    tagged["Properties"]["Tags"] = {"team": "a"}
    assert update(tagged) == first
    assert update(app("two")) != first


def test_a_type_that_the_engine_does_not_serve_is_refused_by_name(aws: Running) -> None:
    cloudformation = aws.client("cloudformation")
    channel = {"Type": "AWS::Pinpoint::BaiduChannel", "Properties": {"ApplicationId": "a1"}}
    cloudformation.create_stack(StackName="unserved", TemplateBody=template(Channel=channel))
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="unserved", WaiterConfig={"Delay": 0.2}
        )
    events = cloudformation.describe_stack_events(StackName="unserved")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("AWS::Pinpoint::BaiduChannel is not served by this engine yet" in reason for reason in reasons)


def test_ref_of_a_secret_is_its_arn_through_its_whole_life(aws: Running) -> None:
    cloudformation = aws.client("cloudformation")
    secret: dict[str, Any] = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "one"}}
    cloudformation.create_stack(StackName="secret", TemplateBody=template(Secret=secret))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="secret", WaiterConfig={"Delay": 0.2})
    arn = output(cloudformation, "secret")
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:secret-Secret")
    secret["Properties"] = {"SecretString": "two"}
    cloudformation.update_stack(StackName="secret", TemplateBody=template(Secret=secret))
    cloudformation.get_waiter("stack_update_complete").wait(StackName="secret", WaiterConfig={"Delay": 0.2})
    assert output(cloudformation, "secret") == arn
    secrets = aws.client("secretsmanager")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "two"
    cloudformation.delete_stack(StackName="secret")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="secret", WaiterConfig={"Delay": 0.2})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn)


def test_a_type_that_pinpoint_never_had_is_refused_by_name(aws: Running) -> None:
    unknown = {"Type": "AWS::Pinpoint::Teapot", "Properties": {}}
    with pytest.raises(ClientError, match="AWS::Pinpoint::Teapot"):
        aws.client("cloudformation").create_stack(StackName="unknown", TemplateBody=template(Pot=unknown))


def test_a_live_resource_may_not_change_its_type(aws: Running) -> None:
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="live", TemplateBody=template(App=app("live")))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="live", WaiterConfig={"Delay": 0.2})
    hosted = {"Type": "Custom::PinpointApp", "Properties": {"ServiceToken": "pinpoint-engine-provider"}}
    change = {"StackName": "live", "TemplateBody": template(App=hosted)}
    refused = r"Update of resource type is not permitted.*\[App\]"
    with pytest.raises(ClientError, match=refused):
        cloudformation.update_stack(**change)
    with pytest.raises(ClientError, match=refused):
        cloudformation.create_change_set(ChangeSetName="hosted", **change)
