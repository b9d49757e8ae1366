"""Functions that Pinpoint may invoke can be invoked by the engine, for the same applications only."""

import json
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pinpoint as pinpoint


def permission(shop: Any, function: lambda_.IFunction, **options: Any) -> lambda_.CfnPermission:
    return lambda_.CfnPermission(
        shop.stack,
        "Permission",
        **{
            "action": "lambda:InvokeFunction",
            "function_name": function.function_arn,
            "principal": f"pinpoint.{shop.stack.region}.amazonaws.com",
            **options,
        },
    )


def test_the_conditions_become_a_grant_and_the_engines_permission_has_none(shop: Any) -> None:
    project = shop.project()
    permission(
        shop,
        shop.function(),
        source_arn=f"{project.attr_arn}/*",
        source_account=shop.stack.account,
    )

    resources = shop.host().template()["Resources"]

    engine = resources["PermissionForEngine"]["Properties"]
    assert "pinpoint-engine-delivery-" in json.dumps(engine["Principal"])
    assert set(engine) == {"Action", "FunctionName", "Principal"}
    grant = resources["PermissionGrant"]
    assert grant["Type"] == "Custom::PinpointGrant"
    assert grant["Properties"]["FunctionArn"] == engine["FunctionName"]
    assert grant["Properties"]["SourceArn"] == [
        {"Fn::Join": ["", [{"Fn::GetAtt": ["Project", "Arn"]}, "/*"]]}
    ]
    assert grant["Properties"]["SourceAccount"] == {"Ref": "AWS::AccountId"}
    kept = resources["Permission"]
    assert kept["Properties"]["SourceArn"]
    assert set(kept["DependsOn"]) == {"PermissionForEngine", "PermissionGrant"}


def test_a_permission_for_somebody_else_is_left_alone(shop: Any) -> None:
    shop.function().grant_invoke(iam.ServicePrincipal("s3.amazonaws.com"))

    shop.host()

    assert len(shop.of_type("AWS::Lambda::Permission")) == 1
    assert not shop.of_type("Custom::PinpointGrant")


def test_a_permission_with_a_condition_that_cannot_be_kept_is_refused(shop: Any) -> None:
    permission(shop, shop.function(), principal_org_id="o-1")

    with pytest.raises(RuntimeError, match=r"cannot host Shop/Permission.*PrincipalOrgID"):
        shop.host()


def test_a_hook_that_names_an_imported_function_is_refused(shop: Any) -> None:
    pinpoint.CfnApplicationSettings(
        shop.stack,
        "Settings",
        application_id=shop.project().ref,
        campaign_hook={
            "lambdaFunctionName": "arn:aws:lambda:us-east-1:123456789012:function:theirs",
            "mode": "FILTER",
        },
    )

    with pytest.raises(RuntimeError, match=r"cannot host Shop/Settings.*imported function"):
        shop.host()


def test_an_imported_function_with_a_permission_in_the_app_is_hosted(shop: Any) -> None:
    arn = f"arn:aws:lambda:us-east-1:{123456789012}:function:theirs"
    theirs = lambda_.Function.from_function_arn(shop.stack, "Theirs", arn)
    permission(shop, theirs)
    pinpoint.CfnApplicationSettings(
        shop.stack,
        "Settings",
        application_id=shop.project().ref,
        campaign_hook={"lambdaFunctionName": arn, "mode": "FILTER"},
    )

    assert shop.host().one("Custom::PinpointGrant")["Properties"]["FunctionArn"] == arn


def test_a_function_of_another_stack_keeps_its_grant_with_it(shop: Any) -> None:
    project = shop.project()
    other = Stack(shop.app, "Other")
    function = lambda_.Function(
        other,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("..."),
    )
    lambda_.CfnPermission(
        other,
        "Permission",
        action="lambda:InvokeFunction",
        function_name=function.function_arn,
        principal="pinpoint.us-east-1.amazonaws.com",
        source_arn=f"{project.attr_arn}/*",
    )

    grant = shop.host().one("Custom::PinpointGrant", "Other")

    assert "Fn::ImportValue" in json.dumps(grant["Properties"]["SourceArn"])
