"""An API over users: who gets in where, what each of its functions may do, and what is kept."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from pinpoint_patterns import IPinpointProject, Preference, UserEndpoints
from tests.support.templates import (
    APPLICATION_ID,
    SENDS,
    flat,
    listed,
    only,
    plain,
    reach,
    resources,
    template_of,
    timeouts,
    variables,
)

URL = "https://records.example.com/v1/callbacks"
DEALS = Preference(name="Deals", values=["Subscribed", "Unsubscribed"], channels=["EMAIL"])
APP = f":mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"


def with_callers(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        settings = {"preferences": [DEALS], "callback_url": URL, **options}
        users = UserEndpoints(stack, "Users", project=project, **settings)
        for name, grant in (("Reader", users.grant_read), ("Changer", users.grant_change)):
            grant(iam.Role(stack, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")))

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_callers()


def methods(template: Template) -> dict[tuple[str, str], dict[str, Any]]:
    """The methods of the API by path and name."""
    paths = {
        name: one.get("PathPart", "")
        for name, one in resources(template, "AWS::ApiGateway::Resource").items()
    }
    return {
        (paths.get(one.get("ResourceId", {}).get("Ref", ""), ""), one.get("HttpMethod", "")): one
        for one in resources(template, "AWS::ApiGateway::Method").values()
    }


@pytest.mark.parametrize("function", ["UsersApiRole", "UsersPublicRole"])
def test_each_function_may_read_users_put_events_and_tell(template: Template, function: str) -> None:
    allowed = reach(template, function)
    dead = f"<{function.removesuffix('Role')}DeadLettersQueue.Arn>"
    assert {name.replace("<AWS::Partition>", "aws"): actions for name, actions in allowed.items()} == {
        f"arn:aws{APP}/users/*": {"mobiletargeting:GetUserEndpoints"},
        f"arn:aws{APP}/events": {"mobiletargeting:PutEvents"},
        "<UsersCallbacksSenderMessagesQueue.Arn>": SENDS,
        "<UsersTable.Arn>": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "<UsersLinksSecret>": {"secretsmanager:GetSecretValue"},
        dead: {"sqs:SendMessage"},
    }


def table_keys(template: Template, named: str) -> dict[tuple[str, ...], Any]:
    statements = only(template, "AWS::IAM::Policy", named)["PolicyDocument"]["Statement"]
    return {
        tuple(listed(each["Action"])): each.get("Condition", {})
        .get("ForAllValues:StringLike", {})
        .get("dynamodb:LeadingKeys")
        for each in statements
        if "UsersTable" in flat(each["Resource"])
    }


def test_who_has_a_link_cannot_make_one(template: Template) -> None:
    assert table_keys(template, "UsersPublicRole") == {
        ("dynamodb:GetItem", "dynamodb:UpdateItem"): ["user#*"],
        ("dynamodb:GetItem",): ["subject#*"],
    }


def test_who_makes_links_writes_down_whom_they_are_for(template: Template) -> None:
    assert table_keys(template, "UsersApiRole") == {
        ("dynamodb:GetItem", "dynamodb:UpdateItem"): ["user#*"],
        ("dynamodb:UpdateItem",): ["subject#*"],
    }


@pytest.mark.parametrize(
    ("function", "stages"),
    [("UsersApiRole", ["AWSCURRENT"]), ("UsersPublicRole", ["AWSCURRENT", "AWSPREVIOUS"])],
)
def test_links_are_signed_with_the_current_secret_and_verified_with_the_previous_too(
    template: Template, function: str, stages: list[str]
) -> None:
    statements = only(template, "AWS::IAM::Policy", function)["PolicyDocument"]["Statement"]
    (secret,) = [each for each in statements if each["Action"] == "secretsmanager:GetSecretValue"]
    assert secret.get("Condition") == {"StringEquals": {"secretsmanager:VersionStage": stages}}


def test_a_reader_may_get_endpoints_and_nothing_else(template: Template) -> None:
    allowed = reach(template, "ReaderDefaultPolicy")
    assert list(allowed.values()) == [{"execute-api:Invoke"}]
    assert next(iter(allowed)).endswith(":<UsersFrontRest>/v1/GET/users/*/endpoints")


def test_who_changes_may_set_preferences_and_make_links(template: Template) -> None:
    allowed = reach(template, "ChangerDefaultPolicy")
    assert sorted(resource.rpartition("/v1/")[2] for resource in allowed) == [
        "POST/users/*/links",
        "PUT/users/*/preferences",
    ]
    assert all(actions == {"execute-api:Invoke"} for actions in allowed.values())


def test_users_are_for_signed_callers_and_links_for_everybody(template: Template) -> None:
    kinds = {place: one.get("AuthorizationType") for place, one in methods(template).items()}
    assert kinds == {
        ("{proxy+}", "GET"): "AWS_IAM",
        ("{proxy+}", "PUT"): "AWS_IAM",
        ("{proxy+}", "POST"): "AWS_IAM",
        ("{token}", "GET"): "NONE",
        ("{token}", "PUT"): "NONE",
        ("{token}", "POST"): "NONE",
    }


def test_each_half_has_a_function_of_its_own(template: Template) -> None:
    behind = {place: flat(one.get("Integration", {}).get("Uri")) for place, one in methods(template).items()}
    for (path, _), uri in behind.items():
        assert ("UsersPublicFunction" if path == "{token}" else "UsersApiFunction") in uri


def test_bodies_are_checked_before_a_function_runs(template: Template) -> None:
    assert all("RequestValidatorId" in one for one in methods(template).values())
    validator = only(template, "AWS::ApiGateway::RequestValidator")
    assert (validator.get("ValidateRequestBody"), validator.get("ValidateRequestParameters")) == (True, True)
    with_model = {place for place, one in methods(template).items() if one.get("RequestModels")}
    assert with_model == {("{proxy+}", "PUT"), ("{proxy+}", "POST"), ("{token}", "PUT")}


def test_a_body_that_the_gateway_refuses_is_answered_in_the_same_form(template: Template) -> None:
    response = only(template, "AWS::ApiGateway::GatewayResponse")
    assert (response.get("ResponseType"), response.get("StatusCode")) == ("BAD_REQUEST_BODY", "400")
    assert '"code":"bad_request"' in response.get("ResponseTemplates", {}).get("application/json", "")


def test_links_have_limits_of_their_own(template: Template) -> None:
    stage = only(template, "AWS::ApiGateway::Stage")
    limits = {
        (one.get("ResourcePath"), one.get("HttpMethod")): (
            one.get("ThrottlingRateLimit"),
            one.get("ThrottlingBurstLimit"),
        )
        for one in stage.get("MethodSettings", [])
    }
    assert limits == {
        ("/*", "*"): (100, 200),
        ("/~1links~1{token}", "GET"): (20, 40),
        ("/~1links~1{token}", "PUT"): (20, 40),
        ("/~1links~1{token}", "POST"): (20, 40),
    }


def test_the_api_is_regional_and_its_log_names_nobody(template: Template) -> None:
    rest = only(template, "AWS::ApiGateway::RestApi")
    assert rest.get("EndpointConfiguration") == {"Types": ["REGIONAL"]}
    stage = only(template, "AWS::ApiGateway::Stage")
    assert stage.get("StageName") == "v1"
    written = stage.get("AccessLogSetting", {}).get("Format", "")
    assert "$context.status" in written
    assert not [each for each in ("path", "sourceIp", "caller", "user") if each.lower() in written.lower()]


def test_the_gateway_alone_may_call_the_functions_and_secrets_manager_the_rotation(
    template: Template,
) -> None:
    permissions = resources(template, "AWS::Lambda::Permission").values()
    callers = {(plain(flat(each.get("FunctionName"))), str(each.get("Principal"))) for each in permissions}
    assert callers == {
        ("<UsersApiFunction.Arn>", "apigateway.amazonaws.com"),
        ("<UsersPublicFunction.Arn>", "apigateway.amazonaws.com"),
        ("<UsersLinksRotationFunction.Arn>", "secretsmanager.amazonaws.com"),
    }
    sources = {
        plain(flat(each.get("SourceArn", ""))).rpartition("<UsersFrontRest>")[2]
        for each in permissions
        if each.get("Principal") == "apigateway.amazonaws.com"
    }
    stage = "/<UsersFrontRestDeploymentStagev1>"
    assert sources == {
        f"{stage}/{method}/{path}" for path in ("users/*", "links/*") for method in ("GET", "PUT", "POST")
    }


def test_the_rotation_may_give_one_secret_a_new_value(template: Template) -> None:
    assert reach(template, "UsersLinksRotationRole") == {
        "<UsersLinksSecret>": {
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        },
        "*": {"secretsmanager:GetRandomPassword"},
        "<UsersLinksRotationDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_secret_of_links_is_rotated_every_ninety_days_and_kept(template: Template) -> None:
    schedule = only(template, "AWS::SecretsManager::RotationSchedule")
    assert schedule.get("RotationRules") == {"ScheduleExpression": "rate(90 days)"}
    assert "UsersLinksRotationFunction" in flat(schedule.get("RotationLambdaARN"))
    secret = only(template, "AWS::SecretsManager::Secret", "UsersLinks")
    assert secret.get("GenerateSecretString", {}).get("PasswordLength") == 44


def test_each_function_is_told_where_its_work_is(template: Template) -> None:
    common = {
        "POWERTOOLS_SERVICE_NAME",
        "APPLICATION_ID",
        "PREFERENCES",
        "TABLE",
        "CALLBACKS_QUEUE_URL",
        "LINK_SECRET_ARN",
    }
    assert set(variables(template, "UsersApiFunction")) == {*common, "LINK_SECONDS"}
    assert set(variables(template, "UsersPublicFunction")) == common
    assert set(variables(template, "UsersLinksRotation")) == {"POWERTOOLS_SERVICE_NAME", "LINK_SECRET_ARN"}


def test_functions_end_when_the_gateway_stops_waiting(template: Template) -> None:
    seconds = timeouts(template)
    assert (seconds.get("UsersApiFunction"), seconds.get("UsersPublicFunction")) == (29, 29)
    assert seconds.get("UsersLinksRotationFunction") == 30


def test_what_is_kept_of_a_user_stands_together(template: Template) -> None:
    table = only(template, "AWS::DynamoDB::GlobalTable", "UsersTable")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk", "sk"]


def test_where_links_lead_and_how_long_they_are_good_are_settings() -> None:
    template = with_callers(links_address="https://example.com/p/", link_lifetime=Duration.days(7))
    settings = variables(template, "UsersApiFunction")
    assert (settings["LINKS_ADDRESS"], settings["LINK_SECONDS"]) == ("https://example.com/p/", "604800")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preferences": []}, "must name at least one"),
        ({"preferences": [DEALS, DEALS]}, "a name of its own"),
        (
            {"preferences": [Preference(name=f"P{n}", values=["v" * 100]) for n in range(30)]},
            "must fit into 3000 bytes",
        ),
        ({"link_rotation": Duration.days(1)}, "link_rotation must be 2 to 1,000 days, got 1 day"),
        ({"link_lifetime": Duration.days(90)}, "a day less than link_rotation"),
        ({"link_lifetime": Duration.seconds(59)}, "1 minute to a day less"),
        ({"callback_url": "http://records.example.com"}, "url must start with https"),
    ],
)
def test_what_cannot_work_is_refused_at_synth(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_callers(**options)


@pytest.mark.parametrize(
    ("name", "values"), [("", ["a"]), ("n" * 51, ["a"]), ("n", []), ("n", ["a", "a"]), ("n", ["v" * 101])]
)
def test_a_preference_that_no_endpoint_could_hold_is_refused(name: str, values: list[str]) -> None:
    with pytest.raises(ValueError, match="must have"):
        Preference(name=name, values=values)
