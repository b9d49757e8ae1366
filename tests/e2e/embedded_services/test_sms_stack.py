"""Phones that a CloudFormation stack describes."""

import copy
import json
from typing import Any

import pytest

from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, eventually
from tests.support.sms import refusal

pytestmark = pytest.mark.e2e


TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Quiet": {"Type": "AWS::SMSVOICE::OptOutList", "Properties": {}},
        "Number": {
            "Type": "AWS::SMSVOICE::PhoneNumber",
            "Properties": {
                "IsoCountryCode": "US",
                "NumberType": "LONG_CODE",
                "NumberCapabilities": ["SMS"],
                "OptOutListName": {"Ref": "Quiet"},
                "MandatoryKeywords": {"HELP": {"Message": "Ask us"}, "STOP": {"Message": "Bye"}},
                "OptionalKeywords": [{"Keyword": "JOIN", "Message": "Welcome", "Action": "OPT_IN"}],
                "Tags": [{"Key": "team", "Value": "shop"}],
            },
        },
        "Other": {
            "Type": "AWS::SMSVOICE::PhoneNumber",
            "Properties": {
                "IsoCountryCode": "DE",
                "NumberType": "LONG_CODE",
                "NumberCapabilities": ["SMS"],
                "OptOutListName": {"Ref": "Quiet"},
                "MandatoryKeywords": {"HELP": {"Message": "Ask us"}, "STOP": {"Message": "Bye"}},
            },
        },
        "Pool": {
            "Type": "AWS::SMSVOICE::Pool",
            "Properties": {
                "OriginationIdentities": [{"Fn::GetAtt": ["Number", "Arn"]}],
                "OptOutListName": {"Ref": "Quiet"},
                "MandatoryKeywords": {"HELP": {"Message": "Pool"}, "STOP": {"Message": "Bye, pool"}},
                "TwoWay": {"Enabled": True, "ChannelArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:replies"},
            },
        },
        "Sender": {
            "Type": "AWS::SMSVOICE::SenderId",
            "Properties": {"SenderId": "STACK", "IsoCountryCode": "DE"},
        },
        "Set": {
            "Type": "AWS::SMSVOICE::ConfigurationSet",
            "Properties": {
                "EventDestinations": [
                    {
                        "EventDestinationName": "topic",
                        "Enabled": True,
                        "MatchingEventTypes": ["TEXT_ALL"],
                        "SnsDestination": {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:replies"},
                    }
                ]
            },
        },
    },
    "Outputs": {
        "Pool": {"Value": {"Ref": "Pool"}},
        "Number": {"Value": {"Ref": "Number"}},
        "E164": {"Value": {"Fn::GetAtt": ["Number", "PhoneNumber"]}},
        "Sender": {"Value": {"Fn::GetAtt": ["Sender", "Arn"]}},
        "Set": {"Value": {"Ref": "Set"}},
        "Quiet": {"Value": {"Ref": "Quiet"}},
    },
}


def finish(aws: EmbeddedAws, stack: str, state: str) -> None:
    waiter = aws.client("cloudformation").get_waiter(f"stack_{state}_complete")
    waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 20})


def changed_template() -> dict[str, Any]:
    """Another number in the pool, and less of nearly everything."""
    changed = copy.deepcopy(TEMPLATE)
    properties = {name: resource["Properties"] for name, resource in changed["Resources"].items()}
    properties["Pool"]["OriginationIdentities"] = [{"Fn::GetAtt": ["Other", "Arn"]}]
    properties["Pool"]["TwoWay"] = {"Enabled": False}
    del properties["Number"]["OptionalKeywords"]
    properties["Set"]["EventDestinations"] = []
    return changed


@pytest.fixture(scope="module")
def made(aws: EmbeddedAws) -> dict[str, str]:
    """The outputs of a stack of the template."""
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="phones", TemplateBody=json.dumps(TEMPLATE))
    finish(aws, "phones", "create")
    (stack,) = cloudformation.describe_stacks(StackName="phones")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def keywords(sms: Any, owner: str) -> dict[str, str]:
    listed = sms.describe_keywords(OriginationIdentity=owner)["Keywords"]
    return {keyword["Keyword"]: keyword["KeywordMessage"] for keyword in listed}


def test_a_stack_makes_changes_and_removes_what_it_describes(
    aws: EmbeddedAws, sms: Any, made: dict[str, str]
) -> None:
    (pool,) = sms.describe_pools(PoolIds=[made["Pool"]])["Pools"]
    assert (pool["TwoWayEnabled"], pool["OptOutListName"]) == (True, made["Quiet"])
    (number,) = sms.describe_phone_numbers(PhoneNumberIds=[made["Number"]])["PhoneNumbers"]
    assert (number["PhoneNumber"], number["PoolId"]) == (made["E164"], made["Pool"])
    assert keywords(sms, made["Number"]) == {"HELP": "Ask us", "STOP": "Bye", "JOIN": "Welcome"}
    assert keywords(sms, made["Pool"])["STOP"] == "Bye, pool"
    assert made["Sender"] == f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:sender-id/STACK/DE"

    cloudformation = aws.client("cloudformation")
    cloudformation.update_stack(StackName="phones", TemplateBody=json.dumps(changed_template()))
    finish(aws, "phones", "update")
    members = sms.list_pool_origination_identities(PoolId=made["Pool"])["OriginationIdentities"]
    assert [member["IsoCountryCode"] for member in members] == ["DE"]
    assert keywords(sms, made["Number"]).keys() == {"HELP", "STOP"}
    (found,) = sms.describe_configuration_sets(ConfigurationSetNames=[made["Set"]])["ConfigurationSets"]
    assert found["EventDestinations"] == []
    (pool,) = sms.describe_pools(PoolIds=[made["Pool"]])["Pools"]
    assert pool["TwoWayEnabled"] is False

    cloudformation.delete_stack(StackName="phones")
    finish(aws, "phones", "delete")
    for call, member, name in (
        (sms.describe_pools, "PoolIds", "Pool"),
        (sms.describe_phone_numbers, "PhoneNumberIds", "Number"),
        (sms.describe_configuration_sets, "ConfigurationSetNames", "Set"),
        (sms.describe_opt_out_lists, "OptOutListNames", "Quiet"),
    ):
        answer = refusal(call, **{member: [made[name]]})
        assert answer["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("stack", "change", "said"),
    [
        ("fifo", {"TwoWay": {"Enabled": True, "ChannelArn": "arn:aws:sns:::replies.fifo"}}, "standard topic"),
        ("unknown", {"MessageType": "PROMOTIONAL"}, "has no MessageType"),
    ],
)
def test_what_the_service_refuses_fails_the_stack_and_leaves_no_number(
    aws: EmbeddedAws, sms: Any, stack: str, change: dict[str, Any], said: str
) -> None:
    other = copy.deepcopy(TEMPLATE["Resources"]["Other"])
    del other["Properties"]["OptOutListName"]
    other["Properties"] |= {"IsoCountryCode": "FR", **change}
    cloudformation = aws.client("cloudformation")
    template = json.dumps({"Resources": {"Number": other}})
    cloudformation.create_stack(StackName=stack, TemplateBody=template)
    rolled_back = eventually(
        lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"],
        until=lambda status: status == "ROLLBACK_COMPLETE",
    )
    assert rolled_back == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert any(said in event.get("ResourceStatusReason", "") for event in events)
    french = [{"Name": "iso-country-code", "Values": ["FR"]}]
    assert sms.describe_phone_numbers(Filters=french)["PhoneNumbers"] == []
