"""Every payload of `tests/events` is understood by the code that meets its kind."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from engine.api.dispatch import respond
from engine.provider.event import read_event
from engine.provider.serve import serve
from engine.receipts.events import read_receipt
from engine.worker import Message, consume
from patterns.campaign_hooks.batch import batch_of
from patterns.custom_channel.invocation import messages
from patterns.engagement_events.events import parse
from patterns.segment_import.source import Source
from patterns.two_way_sms.inbound import inbound_from_json
from pinpoint_patterns import ImportBucket
from pinpoint_runtime.rest_proxy import from_event
from tests.support.engine_fixtures import world
from tests.support.engine_world import World
from tests.support.payloads import EVENTS, payload
from tests.support.templates import only, template_of

__all__ = ["world"]

UNDERSTOOD: Final = {
    "api_gateway/create_app": 201,
    "campaign_hook/campaign": [("e1", "u1", "EMAIL"), ("e2", "", "EMAIL")],
    "cloudformation/create": "SUCCESS",
    "cloudformation/delete": "SUCCESS",
    "cloudformation/update": "SUCCESS",
    "custom_channel/campaign": [("e1", "handle", "u1", ""), ("e2", "", "", "")],
    "custom_channel/journey": [("e1", "handle", "u1", ""), ("e2", "", "", "")],
    "eventbridge/s3_object_created": ("vip", 52),
    "eventbridge/ses_click": "_email.click",
    "eventbridge/ses_complaint": "_email.complaint",
    "eventbridge/ses_delivery": "_email.delivered",
    "eventbridge/ses_hard_bounce": "_email.hardbounce",
    "eventbridge/ses_open": "_email.open",
    "eventbridge/ses_reject": "_email.rejected",
    "eventbridge/ses_send": "_email.send",
    "eventbridge/ses_soft_bounce": "_email.softbounce",
    "kinesis/pinpoint_events": [
        "CampaignSend",
        *["OtherEvent"] * 4,
        "HardBounce",
        "OtherEvent",
        "Complaint",
        "OptOut",
        "OtherEvent",
        "OptOut",
    ],
    "pinpoint_stream/campaign_send": "CampaignSend",
    "pinpoint_stream/custom_event": "OtherEvent",
    "pinpoint_stream/email_click": "OtherEvent",
    "pinpoint_stream/email_complaint": "Complaint",
    "pinpoint_stream/email_delivered": "OtherEvent",
    "pinpoint_stream/email_hardbounce": "HardBounce",
    "pinpoint_stream/email_open": "OtherEvent",
    "pinpoint_stream/email_send": "OtherEvent",
    "pinpoint_stream/email_softbounce": "OtherEvent",
    "pinpoint_stream/email_unsubscribe": "OptOut",
    "pinpoint_stream/sms_optout": "OptOut",
    "sms_voice/inbound": ("+14255550182", "+12065550100", "Hours?"),
    "sqs/mail_event": ["_email.hardbounce"],
}


def api_gateway(event: dict[str, Any], world: World) -> int:
    status: int = respond(world.context, from_event(event))["statusCode"]
    return status


def campaign_hook(event: dict[str, Any], _: World) -> list[tuple[str, ...]]:
    return [(each.id, each.user_id, each.channel_type) for each in batch_of(event).endpoints]


def cloudformation(event: dict[str, Any], world: World) -> str:
    request = read_event(event)
    if request.request_type != "Create":
        created = read_event(payload("cloudformation/create"))
        made = serve(world.context, created).body(created)["PhysicalResourceId"]
        request = read_event(event | {"RequestId": "another", "PhysicalResourceId": made})
    status: str = serve(world.context, request).body(request)["Status"]
    return status


def custom_channel(event: dict[str, Any], _: World) -> list[tuple[str, ...]]:
    accepted = messages(event, owner="owner", now_ms=1)
    return [(each.endpoint_id, each.address, each.user_id, each.defect) for each in accepted]


def eventbridge(event: dict[str, Any], _: World) -> Any:
    if event["source"] == "aws.s3":
        source = Source.from_state(json.loads(_input_of_the_import(event)))
        return source.segment_name, source.size
    receipt = read_receipt(event)
    return receipt and receipt.event_type


def kinesis(event: dict[str, Any], _: World) -> list[str]:
    return [type(parse(base64.b64decode(record["kinesis"]["data"]))).__name__ for record in event["Records"]]


def pinpoint_stream(event: dict[str, Any], _: World) -> str:
    return type(parse(json.dumps(event).encode())).__name__


def sms_voice(event: dict[str, Any], _: World) -> tuple[str, str, str]:
    inbound = inbound_from_json(json.dumps(event))
    return inbound.sender, inbound.number, inbound.body


def sqs(event: dict[str, Any], world: World) -> list[str]:
    understood: list[str] = []

    def work(_: object, message: Message) -> None:
        receipt = read_receipt(message.body)
        assert receipt is not None
        understood.append(receipt.event_type)

    assert consume(event, world.context, work) == {"batchItemFailures": []}
    return understood


READERS: Final[dict[str, Callable[[dict[str, Any], World], Any]]] = {
    "api_gateway": api_gateway,
    "campaign_hook": campaign_hook,
    "cloudformation": cloudformation,
    "custom_channel": custom_channel,
    "eventbridge": eventbridge,
    "kinesis": kinesis,
    "pinpoint_stream": pinpoint_stream,
    "sms_voice": sms_voice,
    "sqs": sqs,
}


def _input_of_the_import(event: dict[str, Any]) -> str:
    """What the rule of an import bucket makes of an event for its state machine."""
    template: Template = template_of(
        lambda stack, project: ImportBucket(stack, "Import", project=project).imports_segments()
    )
    transformer = only(template, "AWS::Events::Rule")["Targets"][0]["InputTransformer"]
    text: str = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for member in path.removeprefix("$.").split("."):
            value = value[member]
        text = text.replace(f"<{name}>", json.dumps(value))
    return text


@pytest.mark.parametrize("case", sorted(UNDERSTOOD))
def test_a_payload_is_understood_by_whom_it_is_for(case: str, world: World) -> None:
    assert READERS[case.partition("/")[0]](payload(case), world) == UNDERSTOOD[case]


def test_every_payload_is_in_the_table() -> None:
    files = {str(path.relative_to(EVENTS).with_suffix("")) for path in EVENTS.rglob("*.json")}
    assert files == set(UNDERSTOOD)


def test_the_batch_of_a_stream_holds_the_events_of_the_stream() -> None:
    batch = payload("kinesis/pinpoint_events")["Records"]
    held = [json.loads(base64.b64decode(record["kinesis"]["data"])) for record in batch]
    singles = [payload(case) for case in UNDERSTOOD if case.startswith("pinpoint_stream/")]
    assert sorted(held, key=json.dumps) == sorted(singles, key=json.dumps)


def test_no_payload_names_an_address_of_anybody() -> None:
    text = "".join(path.read_text() for path in EVENTS.rglob("*.json"))
    domains = {address.partition("@")[2] for address in _addresses(text)}
    assert domains <= {"example.com", "simulator.amazonses.com"}
    assert domains


def _addresses(text: str) -> list[str]:
    words = text.replace('"', " ").replace("\\", " ").split()
    return [word for word in words if "@" in word]
