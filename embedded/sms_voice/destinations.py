"""Where reports go: the destinations of a configuration set, and always the default event bus."""

import base64
import json
import logging
from typing import Any, Final

from embedded.ministack_names import find
from embedded.service_iam.authority import role_refusal, trust_refusal
from embedded.sms_voice.messages import Message
from embedded.sms_voice.outcomes import Step
from embedded.sms_voice.records import DETAIL_TYPES, SOURCE, detail, event_type, is_asked_for, record
from embedded.sms_voice.resources import ConfigurationSet
from embedded.sms_voice.topics import PRINCIPAL, publish

_LOGS: Final = "ministack.services.cloudwatch_logs"
_LOG_ACTIONS: Final = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
_LOG_STREAM: Final = "sms-voice"
_log = logging.getLogger(__name__)


def tell(message: Message, step: Step, at: float, configuration_set: ConfigurationSet | None) -> None:
    """Send one report to everybody who asked for it.

    Args:
        message: What was sent.
        step: What became of it.
        at: When, in seconds since the epoch.
        configuration_set: The message's own, unless it is gone.
    """
    entry = {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPES[message.kind],
        "Detail": json.dumps(detail(message, step, at)),
        "Resources": [],
    }
    find("ministack.services.eventbridge._put_events")({"Entries": [entry]}, allow_aws_source=True)
    if configuration_set is None:
        return
    report = record(message, step, at)
    for destination in configuration_set.destinations:
        asked = is_asked_for(event_type(message, step), destination["MatchingEventTypes"])
        if destination["Enabled"] and asked:
            refusal = _send(destination, report, configuration_set.arn)
            if refusal:
                name = destination["EventDestinationName"]
                _log.warning("%s: %s lost an event: %s", configuration_set.arn, name, refusal)


def _send(destination: dict[str, Any], report: dict[str, Any], source_arn: str) -> str | None:
    if "SnsDestination" in destination:
        return publish(destination["SnsDestination"]["TopicArn"], report, source_arn=source_arn)
    if "CloudWatchLogsDestination" in destination:
        given = destination["CloudWatchLogsDestination"]
        return trust_refusal(given["IamRoleArn"], PRINCIPAL, source_arn=source_arn) or _log_event(
            given["LogGroupArn"], report, given["IamRoleArn"]
        )
    given = destination["KinesisFirehoseDestination"]
    return trust_refusal(given["IamRoleArn"], PRINCIPAL, source_arn=source_arn) or _put_record(
        given["DeliveryStreamArn"], report, given["IamRoleArn"]
    )


def _log_event(group_arn: str, report: dict[str, Any], role_arn: str) -> str | None:
    group_arn = group_arn.removesuffix(":*")
    for action in _LOG_ACTIONS:
        refusal = role_refusal(role_arn, action, f"{group_arn}:log-stream:{_LOG_STREAM}", session=PRINCIPAL)
        if refusal:
            return refusal
    name = group_arn.rpartition(":log-group:")[2]
    stream = {"logGroupName": name, "logStreamName": _LOG_STREAM}
    # Answers that the stream exists, every time but the first.
    find(f"{_LOGS}._create_log_stream")(stream)
    event = {"timestamp": report["eventTimestamp"], "message": json.dumps(report)}
    status, *_ = find(f"{_LOGS}._put_log_events")({**stream, "logEvents": [event]})
    return None if status == 200 else f"the log group {name} answered {status}"


def _put_record(stream_arn: str, report: dict[str, Any], role_arn: str) -> str | None:
    for action in ("firehose:PutRecord", "firehose:PutRecordBatch"):
        refusal = role_refusal(role_arn, action, stream_arn, session=PRINCIPAL)
        if refusal:
            return refusal
    name = stream_arn.rpartition("/")[2]
    data = base64.b64encode(json.dumps(report).encode()).decode()
    status, *_ = find("ministack.services.firehose._put_record")(
        {"DeliveryStreamName": name, "Record": {"Data": data}}
    )
    return None if status == 200 else f"the delivery stream {name} answered {status}"
