"""What the customer data platform is told, and under which key."""

import hashlib
from collections.abc import Iterator

from patterns.engagement_events.events import Event, HardBounce
from pinpoint_runtime.callbacks import Callback


def callbacks_for(event: Event) -> Iterator[Callback]:
    """The callbacks that an event calls for: one for each address of a hard bounce, else none."""
    if not isinstance(event, HardBounce):
        return
    envelope = event.envelope
    for recipient in event.recipients:
        subject = f"hard_bounce\n{event.message_id}\n{recipient.address.lower()}"
        body = {
            "type": "email.hard_bounce",
            "timestamp": envelope.arrived_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "address": recipient.address,
            "endpoint_id": envelope.endpoint_id,
            "application_id": envelope.application_id,
            "campaign_id": envelope.campaign_id,
            "campaign_activity_id": envelope.attributes.get("campaign_activity_id"),
            "journey_id": envelope.attributes.get("journey_id"),
            "message_id": event.message_id,
            "bounce_sub_type": event.sub_type,
            "diagnostic_code": recipient.diagnostic_code,
        }
        yield Callback(
            key=f"bounce_{hashlib.sha256(subject.encode()).hexdigest()[:40]}",
            body={name: value for name, value in body.items() if value is not None},
        )
