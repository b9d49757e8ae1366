"""EventBridge rules and schedules: what their targets, or their roles, must allow.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.service_iam.authority import (
    account_of,
    function_refusal,
    queue_refusal,
    role_refusal,
    topic_refusal,
    trust_refusal,
)
from embedded.service_iam.deliveries import send
from embedded.service_iam.invocations import invoke

_EVENTBRIDGE = "ministack.services.eventbridge"
_EVENTS: Final = "events.amazonaws.com"
_SCHEDULER: Final = "scheduler.amazonaws.com"
_ACTIONS: Final = {
    "lambda": "lambda:InvokeFunction",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "states": "states:StartExecution",
    "kinesis": "kinesis:PutRecord",
    "events": "events:PutEvents",
}
_TICK_SECONDS: Final = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sender:
    """A rule or a schedule, as the caller of its target.

    Attributes:
        trust_source: What `aws:SourceArn` is when its role is assumed.
    """

    arn: str
    service: str
    trust_source: str

    @property
    def is_schedule(self) -> bool:
        return self.service == _SCHEDULER


def install() -> None:
    """Check every target before it is called, and let Lambda targets retry as asynchronous calls do."""
    replace(f"{_EVENTBRIDGE}._invoke_target", _checking(find(f"{_EVENTBRIDGE}._invoke_target")))
    replace(f"{_EVENTBRIDGE}._dispatch_to_lambda", _dispatch_to_lambda)
    # ministack looks every ten seconds; a demo or a test should not have to wait that long.
    replace(f"{_EVENTBRIDGE}._SCHEDULER_TICK_INTERVAL", _TICK_SECONDS)
    replace("ministack.services.scheduler._SCHEDULE_TICK_INTERVAL", _TICK_SECONDS)


def _checking(invoke_target: Callable[..., None]) -> Callable[..., None]:
    def checked(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        sender = _sender_of(rule)
        refusal = _refusal(target, sender)
        if refusal is None:
            if target["Arn"].split(":")[2] == "kinesis":
                _put_record(target, event, view)
            else:
                invoke_target(target, event, rule, view)
            return
        _log.warning("%s: failed invocation of %s: %s", sender.arn, target.get("Arn"), refusal)
        _dead_letter(target, event, sender, view, refusal)

    return checked


def _sender_of(rule: dict[str, Any]) -> _Sender:
    arn = str(rule.get("Arn", ""))
    if ":schedule/" not in arn:
        return _Sender(arn, _EVENTS, arn)
    # A schedule assumes its role on behalf of its group.
    group = arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
    return _Sender(arn, _SCHEDULER, group)


def _refusal(target: dict[str, Any], sender: _Sender) -> str | None:
    arn = str(target.get("Arn", ""))
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    role = target.get("RoleArn")
    if role:
        trust = trust_refusal(role, sender.service, source_arn=sender.trust_source)
        return trust or _role_refusal(role, arn, service)
    if service == "lambda":
        return function_refusal(arn, sender.service, sender.arn)
    if service == "sqs":
        return queue_refusal(arn, sender.service, sender.arn)
    if service == "sns":
        return topic_refusal(arn, sender.service, sender.arn)
    if service in ("states", "kinesis", "firehose"):
        return f"a role is needed to call {arn}"
    return None


def _role_refusal(role: str, arn: str, service: str) -> str | None:
    if service == "scheduler":
        # arn:aws:scheduler:::aws-sdk:<service>:<operation>
        _, called, operation = arn.split(":::")[1].split(":")
        return role_refusal(role, f"{called}:{operation[:1].upper()}{operation[1:]}", "*")
    if service == "events" and ":api-destination/" in arn:
        return role_refusal(role, "events:InvokeApiDestination", arn)
    action = _ACTIONS.get(service)
    return role_refusal(role, action, arn) if action else None


def _dispatch_to_lambda(arn: str, payload: str) -> None:
    try:
        event = json.loads(payload)
    except ValueError:
        event = payload
    refusal = invoke(arn, event)
    if refusal:
        _log.warning("%s", refusal)


def _put_record(target: dict[str, Any], event: dict[str, Any], view: Any) -> None:
    """ministack does not know streams as targets."""
    text = target.get("Input") or _text_of(event, view)
    put = find("ministack.services.kinesis.put_record_internal")
    if not put(target["Arn"], str(event.get("EventId", "")), text.encode()):
        _log.warning("no stream %s", target["Arn"])


def _dead_letter(
    target: dict[str, Any], event: dict[str, Any], sender: _Sender, view: Any, refusal: str
) -> None:
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    if sender.is_schedule:
        refused = role_refusal(str(target.get("RoleArn", "")), "sqs:SendMessage", queue)
        body = target.get("Input") or _text_of(event, view)
    else:
        refused = queue_refusal(queue, sender.service, sender.arn)
        body = _text_of(event, view)
    name = "SCHEDULE_ARN" if sender.is_schedule else "RULE_ARN"
    attributes = {
        name: sender.arn,
        "TARGET_ARN": str(target.get("Arn", "")),
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": refusal,
    }
    refused = refused or send(queue, body, attributes=attributes)
    if refused:
        _log.warning("%s of account %s: an event was lost: %s", sender.arn, account_of(sender.arn), refused)


def _text_of(event: dict[str, Any], view: Any) -> str:
    seen = view or find(f"{_EVENTBRIDGE}._pattern_event_view")(event)
    return json.dumps(seen.event_with_detail())
