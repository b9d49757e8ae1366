"""Functions that may call Pinpoint find the engine; no other function changes."""

import json
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

CALL = iam.PolicyStatement(actions=["mobiletargeting:GetApp"], resources=["*"])


def variables(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function["Properties"].get("Environment", {}).get("Variables", {})
    return found


def test_a_function_that_may_call_pinpoint_gets_address_and_signing_name(shop: Any) -> None:
    shop.function(environment={"KEPT": "1"}).add_to_role_policy(CALL)

    function = shop.host().one("AWS::Lambda::Function")

    assert variables(function)["KEPT"] == "1"
    assert variables(function)["AWS_DATA_PATH"] == "/opt/pinpoint-engine"
    parameter = variables(function)["AWS_ENDPOINT_URL_PINPOINT"]["Ref"]
    assert shop.template()["Parameters"][parameter]["Default"] == "/pinpoint-engine/api-url"
    (layer,) = function["Properties"]["Layers"]
    assert shop.template()["Resources"][layer["Ref"]]["Type"] == "AWS::Lambda::LayerVersion"


def test_a_function_that_may_not_is_left_alone(shop: Any) -> None:
    shop.function("Caller").add_to_role_policy(CALL)
    shop.function("Bystander").add_to_role_policy(
        iam.PolicyStatement(actions=["s3:GetObject", "*"], resources=["*"])
    )
    denied = shop.function("Denied")
    denied.add_to_role_policy(
        iam.PolicyStatement(effect=iam.Effect.DENY, actions=["mobiletargeting:*"], resources=["*"])
    )

    functions = shop.host().template()["Resources"]

    changed = [
        name
        for name, resource in functions.items()
        if resource["Type"] == "AWS::Lambda::Function" and "Layers" in resource["Properties"]
    ]
    assert len(changed) == 1
    assert changed[0].startswith("Caller")


def test_a_managed_policy_and_an_inline_one_count_too(shop: Any) -> None:
    managed = iam.ManagedPolicy(shop.stack, "Managed", statements=[CALL])
    given: dict[str, dict[str, Any]] = {
        "A": {"managed_policies": [managed]},
        "B": {"inline_policies": {"call": iam.PolicyDocument(statements=[CALL])}},
    }
    for name, options in given.items():
        role = iam.Role(
            shop.stack, f"Role{name}", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), **options
        )
        shop.function(name, role=role)

    functions = shop.host().of_type("AWS::Lambda::Function")

    assert ["AWS_DATA_PATH" in variables(function) for function in functions] == [True, True]
    inline = [role for role in shop.of_type("AWS::IAM::Role") if "Policies" in role["Properties"]]
    assert "execute-api:Invoke" in json.dumps(inline)


def test_a_role_of_another_stack_counts_too(shop: Any) -> None:
    roles = Stack(shop.app, "Roles")
    role = iam.Role(roles, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(CALL)
    shop.function(role=role)

    assert "AWS_DATA_PATH" in variables(shop.host().one("AWS::Lambda::Function"))
    assert shop.statements("Roles")


def test_each_stack_has_a_layer_of_its_own_and_only_one(shop: Any) -> None:
    shop.function("A").add_to_role_policy(CALL)
    shop.function("B").add_to_role_policy(CALL)

    shop.host().one("AWS::Lambda::LayerVersion")


def test_another_language_gets_the_address_and_a_warning_about_the_signing_name(shop: Any) -> None:
    shop.function(
        runtime=lambda_.Runtime.NODEJS_22_X, code=lambda_.Code.from_inline("...")
    ).add_to_role_policy(CALL)

    function = shop.host().one("AWS::Lambda::Function")

    assert "AWS_ENDPOINT_URL_PINPOINT" in variables(function)
    assert "AWS_DATA_PATH" not in variables(function)
    messages = [str(message.entry.data) for message in shop.assembly.get_stack_by_name("Shop").messages]
    assert any("has to sign for execute-api" in message for message in messages)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_PINPOINT", "AWS_DATA_PATH"])
def test_a_variable_that_is_set_already_is_refused(shop: Any, name: str) -> None:
    shop.function(environment={name: "mine"}).add_to_role_policy(CALL)

    with pytest.raises(RuntimeError, match=f"cannot host Shop/Function/Resource.*sets {name} itself"):
        shop.host()


def test_five_layers_already_are_refused(shop: Any) -> None:
    layers = [
        lambda_.LayerVersion.from_layer_version_arn(
            shop.stack, f"L{i}", f"arn:aws:lambda:us-east-1:123456789012:layer:l{i}:1"
        )
        for i in range(5)
    ]
    shop.function(layers=layers).add_to_role_policy(CALL)

    with pytest.raises(RuntimeError, match="5 layers already"):
        shop.host()


def test_an_image_is_refused(shop: Any) -> None:
    function = lambda_.CfnFunction(
        shop.stack,
        "Image",
        code={"imageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"},
        package_type="Image",
        role=iam.Role(
            shop.stack,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"call": iam.PolicyDocument(statements=[CALL])},
        ).role_arn,
    )

    with pytest.raises(RuntimeError, match=f"cannot host {function.node.path}.*is an image"):
        shop.host()
