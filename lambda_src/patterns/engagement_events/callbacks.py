"""What the customer data platform is told, and under which key."""

import hashlib
from collections.abc import Iterator
from typing import Any

from patterns.engagement_events.events import Complaint, Envelope, Event, HardBounce, OptOut
from pinpoint_runtime.callbacks import Callback


def callbacks_for(event: Event) -> Iterator[Callback]:
    """The callbacks that an event calls for, one for each address.

    Hard bounces, complaints and opt-outs call for some; other events for none.
    """
    match event:
        case HardBounce():
            yield from _hard_bounces(event)
        case Complaint():
            yield from _complaints(event)
        case OptOut():
            yield from _opt_outs(event)
        case _:
            return


def _hard_bounces(event: HardBounce) -> Iterator[Callback]:
    for recipient in event.recipients:
        yield Callback(
            key=_key("bounce", "hard_bounce", event.message_id, recipient.address),
            body=_body(
                event.envelope,
                "email.hard_bounce",
                address=recipient.address,
                message_id=event.message_id,
                bounce_sub_type=event.sub_type,
                diagnostic_code=recipient.diagnostic_code,
            ),
        )


def _complaints(event: Complaint) -> Iterator[Callback]:
    for address in event.addresses:
        yield Callback(
            key=_key("complaint", event.message_id, address),
            body=_body(
                event.envelope,
                "email.complaint",
                address=address,
                message_id=event.message_id,
                feedback_type=event.feedback_type,
            ),
        )


def _opt_outs(event: OptOut) -> Iterator[Callback]:
    envelope = event.envelope
    # Who opts in again may opt out again: each message counts, or else each moment.
    occasion = event.message_id or envelope.arrived_at.isoformat()
    for address in event.addresses:
        yield Callback(
            key=_key("optout", envelope.application_id, event.channel, occasion, address),
            body=_body(
                envelope,
                f"{event.channel.lower()}.opt_out",
                channel=event.channel,
                address=address,
                source=envelope.event_type,
                message_id=event.message_id or None,
            ),
        )


def _key(kind: str, *subject: str) -> str:
    """The same whenever an event comes again; the last part is an address, and told by no key."""
    *occasion, address = subject
    digest = hashlib.sha256("\n".join([*occasion, address.lower()]).encode()).hexdigest()
    return f"{kind}_{digest[:40]}"


def _body(envelope: Envelope, kind: str, **facts: str | None) -> dict[str, Any]:
    body = {
        "type": kind,
        "timestamp": envelope.arrived_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "endpoint_id": envelope.endpoint_id,
        "application_id": envelope.application_id,
        "campaign_id": envelope.campaign_id,
        "campaign_activity_id": envelope.attributes.get("campaign_activity_id"),
        "journey_id": envelope.attributes.get("journey_id"),
        **facts,
    }
    return {name: value for name, value in body.items() if value is not None}
