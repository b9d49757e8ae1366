"""Roles that Pinpoint may assume can be assumed by the engine, under the same conditions."""

import json
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pinpoint as pinpoint

from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.trust import trusting_the_engine

ARN = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a"
ROLE = "arn:aws:iam::123456789012:role/pinpoint-engine-delivery-us-east-1"


def trust(conditions: Any, **statement: Any) -> Any:
    return trusting_the_engine(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pinpoint.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": conditions,
            **statement,
        },
        ROLE,
    )


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("ArnLike", "StringLike"),
        ("ArnEquals", "StringLike"),
        ("StringLike", "StringLike"),
        ("StringEquals", "StringEquals"),
        ("ArnLikeIfExists", "StringLike"),
        ("ArnNotLike", "StringNotLike"),
    ],
)
def test_the_source_becomes_the_external_id_and_the_account_goes(operator: str, expected: str) -> None:
    conditions = {operator: {"AWS:SourceArn": ARN}, "StringEqualsIfExists": {"aws:SourceAccount": "1"}}

    assert trust(conditions) == {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "sts:AssumeRole",
        "Condition": {expected: {"sts:ExternalId": ARN}},
    }


def test_another_service_or_action_is_no_business_of_ours() -> None:
    assert trust({}, Principal={"Service": "lambda.amazonaws.com"}) is None
    assert trust({}, Principal={"AWS": "arn:aws:iam::1:root"}) is None
    assert trust({}, Action="sts:TagSession") is None


def test_one_of_several_principals_is_enough() -> None:
    statement = trust({}, Principal={"Service": ["s3.amazonaws.com", "pinpoint.us-east-1.amazonaws.com"]})

    assert statement["Principal"] == {"AWS": ROLE}
    assert "Condition" not in statement


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"Condition": {"StringEquals": {"sts:ExternalId": "x"}}}, "uses sts:ExternalId already"),
        ({"Condition": {"StringEquals": {"aws:SourceOrgID": "o"}}}, "aws:SourceOrgID"),
        ({"Condition": {"ForAnyValue:ArnLike": {"aws:SourceArn": ARN}}}, "ForAnyValue:ArnLike"),
        ({"Principal": None, "NotPrincipal": {"Service": "s3.amazonaws.com"}}, "NotPrincipal"),
    ],
)
def test_a_condition_without_equivalent_is_refused(statement: dict[str, Any], why: str) -> None:
    with pytest.raises(NotTranslatable, match=why):
        trust({}, **statement)


def test_a_hosted_role_keeps_its_statement_gains_one_and_is_tagged(shop: Any) -> None:
    project = shop.project()
    role = iam.Role(
        shop.stack,
        "Role",
        assumed_by=iam.ServicePrincipal(
            "pinpoint.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": project.attr_arn}}
        ),
    )
    iam.Role(shop.stack, "Other", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    pinpoint.CfnEventStream(
        shop.stack,
        "Events",
        application_id=project.ref,
        destination_stream_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s",
        role_arn=role.role_arn,
    )

    other, hosted = sorted(shop.host().of_type("AWS::IAM::Role"), key=lambda each: len(json.dumps(each)))

    kept, added = hosted["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert kept["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    assert "role/pinpoint-engine-delivery-" in json.dumps(added["Principal"])
    assert added["Condition"] == {"StringLike": {"sts:ExternalId": {"Fn::GetAtt": ["Project", "Arn"]}}}
    assert hosted["Properties"]["Tags"] == [{"Key": "pinpoint-engine:hosted", "Value": "true"}]
    assert "Tags" not in other["Properties"]
    assert len(other["Properties"]["AssumeRolePolicyDocument"]["Statement"]) == 1


def test_an_imported_role_is_refused_with_its_path(shop: Any) -> None:
    project = shop.project()
    role = iam.Role.from_role_arn(shop.stack, "Role", "arn:aws:iam::123456789012:role/theirs")
    pinpoint.CfnEventStream(
        shop.stack,
        "Events",
        application_id=project.ref,
        destination_stream_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s",
        role_arn=role.role_arn,
    )

    with pytest.raises(RuntimeError, match=r"cannot host Shop/Events.*imported role"):
        shop.host()


def test_a_role_of_the_app_outside_of_what_is_hosted_is_refused(shop: Any) -> None:
    outside = iam.Role(
        Stack(shop.app, "Outside"), "Role", assumed_by=iam.ServicePrincipal("pinpoint.amazonaws.com")
    )
    project = shop.project()
    pinpoint.CfnEventStream(
        shop.stack,
        "Events",
        application_id=project.ref,
        destination_stream_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s",
        role_arn=outside.role_arn,
    )
    shop.engine.host(shop.stack)

    with pytest.raises(RuntimeError, match="imported role"):
        shop.app.synth()
