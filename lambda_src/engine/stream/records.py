"""The records of the event stream, family by family.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams-data-campaign.html and its
siblings. Moments are epoch milliseconds.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from engine import choices
from engine.context import Context, epoch_ms
from engine.store import Document

Record = dict[str, Any]


def campaign_send(
    context: Context,
    *,
    campaign_id: str,
    activity_id: str,
    treatment_id: str,
    endpoint: Document,
    delivery_type: str,
    status: str,
) -> Record:
    """`_campaign.send`: what became of one endpoint in one run of a campaign.

    Args:
        context: The clock and the account.
        campaign_id, activity_id, treatment_id: The run.
        endpoint: The endpoint's document.
        delivery_type: The channel, such as `CUSTOM`.
        status: One of the documented `campaign_send_status` values.
    """
    moment = epoch_ms(context.now())
    return _record(
        context,
        "_campaign.send",
        endpoint["ApplicationId"],
        client_id=endpoint["Id"],
        event_timestamp=moment,
        arrival_timestamp=moment,
        attributes={
            "treatment_id": treatment_id,
            "campaign_activity_id": activity_id,
            "campaign_id": campaign_id,
            "delivery_type": delivery_type,
            "campaign_send_status": status,
        },
        custom={"endpoint": json.dumps(endpoint, separators=(",", ":"), ensure_ascii=False)},
    )


def email_event(
    context: Context,
    event_type: str,
    *,
    application_id: str,
    client_id: str,
    sent_at: int,
    attributes: Mapping[str, str],
    facet: Mapping[str, Any],
) -> Record:
    """`_email.*`: what the mail service reports on one message.

    Args:
        context: The clock and the account.
        event_type: Such as `_email.delivered`.
        application_id: The project.
        client_id: The endpoint id; of transactional mail a random UUID.
        sent_at: When the message was sent: the timestamp of every event about it.
        attributes: `feedback` and the campaign's keys.
        facet: `mail` and the one object that says what happened.
    """
    record = _record(
        context,
        event_type,
        application_id,
        client_id=client_id,
        event_timestamp=sent_at,
        arrival_timestamp=epoch_ms(context.now()),
        attributes=attributes,
        custom={"legacy_identifier": application_id},
    )
    return record | {"facets": {"email_channel": {"mail_event": dict(facet)}}}


def sms_event(
    context: Context,
    event_type: str,
    *,
    application_id: str,
    client_id: str,
    happened_at: int,
    attributes: Mapping[str, str],
    metrics: Mapping[str, float],
) -> Record:
    """`_SMS.*`: what became of one text message.

    Args:
        context: The clock and the account.
        event_type: Such as `_SMS.SUCCESS`.
        application_id: The project.
        client_id: The endpoint id; for a bare number a UUID that names nobody.
        happened_at: When it did.
        attributes: The documented ones that are known, and a campaign's keys.
        metrics: The price, once it is known.
    """
    record = _record(
        context,
        event_type,
        application_id,
        client_id=client_id,
        event_timestamp=happened_at,
        arrival_timestamp=epoch_ms(context.now()),
        attributes=attributes,
        custom={},
    )
    return record | {"metrics": dict(metrics)}


def sms_opt_out(
    context: Context,
    *,
    application_id: str,
    run: str,
    number: str,
    endpoint_id: str,
    attributes: Mapping[str, str],
) -> Record:
    """`_SMS.OPTOUT`: a message was refused, because its number has opted out.

    Args:
        context: The clock and the account.
        application_id: The project.
        run: The activity or request.
        number: The recipient's.
        endpoint_id: The endpoint; empty for a bare number.
        attributes: A campaign's keys or the request's context.
    """
    return sms_event(
        context,
        "_SMS.OPTOUT",
        application_id=application_id,
        client_id=endpoint_id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}\n{number}")),
        happened_at=epoch_ms(context.now()),
        attributes={
            "sender_request_id": run,
            "destination_phone_number": number,
            "record_status": "OPTED_OUT",
            **attributes,
        },
        metrics={},
    )


def app_event(
    context: Context,
    *,
    application_id: str,
    endpoint_id: str,
    endpoint: Document,
    event: Mapping[str, Any],
    event_timestamp: int,
) -> Record:
    """An event that an app put: its own type, attributes, metrics and session.

    Args:
        context: The clock and the account.
        application_id: The project.
        endpoint_id: The key of the batch item.
        endpoint: The endpoint as it is after the event's changes.
        event: The `Event` of PutEvents.
        event_timestamp: The event's own moment.
    """
    demographic = endpoint.get("Demographic", {})
    session = event.get("Session", {})
    record = _record(
        context,
        event["EventType"],
        application_id,
        client_id=endpoint_id,
        event_timestamp=event_timestamp,
        arrival_timestamp=epoch_ms(context.now()),
        attributes=event.get("Attributes", {}),
        custom={"endpoint": json.dumps(endpoint, separators=(",", ":"), ensure_ascii=False)},
    )
    record["event_version"] = choices.APP_EVENT_VERSION
    record["application"] |= {
        "sdk": _present({"name": event.get("SdkName"), "version": event.get("ClientSdkVersion")}),
        **_present(
            {
                "package_name": event.get("AppPackageName"),
                "title": event.get("AppTitle"),
                "version_code": event.get("AppVersionCode"),
            }
        ),
    }
    record["device"] = _device(demographic)
    record["session"] = _present(
        {
            "session_id": session.get("Id"),
            "start_timestamp": session.get("StartTimestamp"),
            "stop_timestamp": session.get("StopTimestamp"),
        }
    )
    record["metrics"] = dict(event.get("Metrics", {}))
    return record


def _record(
    context: Context,
    event_type: str,
    application_id: str,
    *,
    client_id: str,
    event_timestamp: int,
    arrival_timestamp: int,
    attributes: Mapping[str, str],
    custom: Mapping[str, str],
) -> Record:
    return {
        "event_type": event_type,
        "event_timestamp": event_timestamp,
        "arrival_timestamp": arrival_timestamp,
        "event_version": "3.1",
        "application": {"app_id": application_id, "sdk": {}},
        "client": {"client_id": client_id},
        "device": {"platform": {}},
        "session": {},
        "attributes": dict(attributes),
        "metrics": {},
        "client_context": {"custom": dict(custom)},
        "awsAccountId": context.account,
    }


def _device(demographic: Mapping[str, Any]) -> dict[str, Any]:
    locale = str(demographic.get("Locale", "")).replace("-", "_")
    language, _, country = locale.partition("_")
    return _present(
        {
            "platform": _present(
                {"name": demographic.get("Platform"), "version": demographic.get("PlatformVersion")}
            ),
            "locale": _present({"code": locale, "language": language, "country": country}) or None,
            "make": demographic.get("Make"),
            "model": demographic.get("Model"),
        }
    )


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "")}
