"""What the engine may do on the phone, and what comes back to it."""

import json
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from pinpoint_patterns.engine import PinpointEngine

POOL = "arn:aws:sms-voice:us-east-1:123456789012:pool/pool-1"
SENDER = "arn:aws:sms-voice:us-east-1:123456789012:sender-id/SHOP/GB"


def phone_rights(template: Template, role: str) -> dict[str, Any]:
    """Action to resource, of all that a role may do with End User Messaging."""
    return {
        statement["Action"]: statement["Resource"]
        for policy in template.find_resources("AWS::IAM::Policy").values()
        if role in json.dumps(policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "sms-voice:" in json.dumps(statement["Action"])
    }


def test_only_the_api_and_deliveries_may_send_texts_and_call(engine: Template) -> None:
    for role in ("EngineApiFunctionRole", "EngineDeliveryRole"):
        rights = phone_rights(engine, role)
        assert rights["sms-voice:SendTextMessage"] == "*"
        assert rights["sms-voice:DescribeVerifiedDestinationNumbers"] == "*"
        called_from = json.dumps(rights["sms-voice:SendVoiceMessage"])
        assert ":phone-number/*" in called_from
        assert ":pool/*" in called_from
        assert len(rights) == 3
    for role in ("EngineProviderRole", "EngineCampaignsRole", "EngineReceiptsRole"):
        assert phone_rights(engine, role) == {}


def test_named_identities_are_all_that_may_be_sent_from() -> None:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    stack = Stack(app, "Engine")
    PinpointEngine(stack, "Engine", origination_identities=[POOL, SENDER], allow_list=["+12065550100"])

    rights = phone_rights(Template.from_stack(stack), "EngineDeliveryRole")

    assert rights["sms-voice:SendTextMessage"] == [POOL, SENDER]
    # A sender id cannot call.
    assert rights["sms-voice:SendVoiceMessage"] == POOL


def test_reports_on_the_engines_own_texts_reach_the_receipts_queue_and_no_others(engine: Template) -> None:
    (rule,) = [
        found["Properties"]
        for name, found in engine.find_resources("AWS::Events::Rule").items()
        if "Phone" in name
    ]
    assert rule["EventPattern"] == {
        "source": ["aws.sms-voice"],
        "detail-type": ["Text Message Delivery Status Updated"],
        "detail": {"context": {"applicationId": [{"exists": True}]}},
    }
    assert "QueuesReceiptsQueue" in json.dumps(rule["Targets"])
