"""The events that the integration guide and the service name, each as a function that makes it.

Like `builders`, it needs nothing but Python:
`from pinpoint_patterns.lambda_src.patterns.user_events import catalogue`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from .builders import CompleteEndpoint, Demographic, Location, Session, Subject, UserEvent


def preference_update(
    subject: Subject, preference: str, values: Sequence[str], *, at: datetime, event_id: str = ""
) -> UserEvent:
    """`custom.preference_update`: a preference is changed, and the endpoint's attribute with it.

    Args:
        preference: The endpoint's attribute, such as `EmailPreference_DailyDeals`.
        values: Its new values, such as `["Subscribed"]`.
    """
    changes = replace(subject.changes, attributes={**subject.changes.attributes, preference: values})
    return UserEvent(
        replace(subject, changes=changes),
        "custom.preference_update",
        at,
        {"UpdatedPreference": preference},
        event_id=event_id,
    )


def purchase(
    subject: Subject,
    *,
    order_id: str,
    amount: float,
    currency: str,
    at: datetime,
    items: int = 1,
    attributes: Mapping[str, str] | None = None,
) -> UserEvent:
    """`custom.purchase_event`: an order was placed. Its id is the event's.

    Args:
        amount: In units of the currency.
        currency: ISO 4217.
        items: How many were bought.
        attributes: More to filter by, such as the category.
    """
    return UserEvent(
        subject,
        "custom.purchase_event",
        at,
        {**(attributes or {}), "OrderId": order_id, "Currency": currency},
        {"Amount": amount, "Items": float(items)},
        event_id=f"purchase-{order_id}",
    )


def proximity(
    subject: Subject, *, place: str, metres: float, location: Location, at: datetime, event_id: str = ""
) -> UserEvent:
    """`custom.proximity_event`: somebody is near a place; the endpoint's location is changed.

    Args:
        place: Which one, such as a shop's id.
        metres: How far away.
        location: Where they are.
    """
    return UserEvent(
        replace(subject, changes=replace(subject.changes, location=location)),
        "custom.proximity_event",
        at,
        {"Place": place},
        {"Distance": metres},
        event_id=event_id,
    )


def channel_delivery(
    subject: Subject,
    *,
    channel: str,
    status: Literal["DELIVERED", "FAILED", "UNKNOWN"],
    message_key: str,
    at: datetime,
    reason: str = "",
    campaign: Mapping[str, str] | None = None,
) -> UserEvent:
    """`isv_channel.delivery`: how a message of a custom channel ended.

    Args:
        channel: The channel's name.
        message_key: Of the message, the same on each repetition.
        campaign: `campaign_id`, `campaign_activity_id`, `treatment_id` or `journey_id`, as far as known.
    """
    attributes = {**(campaign or {}), "channel": channel, "status": status, "message_key": message_key}
    if reason:
        attributes["reason"] = reason
    return UserEvent(
        subject, "isv_channel.delivery", at, attributes, event_id=f"delivery-{status}-{message_key}"
    )


def channel_open(
    subject: Subject,
    *,
    channel: str,
    message_key: str,
    at: datetime,
    campaign: Mapping[str, str] | None = None,
) -> UserEvent:
    """`isv_channel.open`: a message of a custom channel was opened. Each opening is an event.

    Args:
        channel: The channel's name.
        message_key: Of the message.
        campaign: As for `channel_delivery`.
    """
    attributes = {**(campaign or {}), "channel": channel, "message_key": message_key}
    return UserEvent(subject, "isv_channel.open", at, attributes)


def session_start(subject: Subject, session: Session) -> UserEvent:
    """`_session.start`: an app was opened."""
    return UserEvent(
        subject,
        "_session.start",
        session.started_at,
        session=session,
        event_id=f"session-start-{session.session_id}",
    )


def session_pause(subject: Subject, session: Session, *, at: datetime) -> UserEvent:
    """`_session.pause`: an app went to the background."""
    return UserEvent(subject, "_session.pause", at, session=session)


def session_resume(subject: Subject, session: Session, *, at: datetime) -> UserEvent:
    """`_session.resume`: an app came back."""
    return UserEvent(subject, "_session.resume", at, session=session)


def session_stop(subject: Subject, session: Session) -> UserEvent:
    """`_session.stop`: an app was closed.

    Raises:
        ValueError: The session has no end.
    """
    if session.stopped_at is None:
        raise ValueError("session.stopped_at is missing: _session.stop says when a session ended")
    return UserEvent(
        subject,
        "_session.stop",
        session.stopped_at,
        session=session,
        event_id=f"session-stop-{session.session_id}",
    )


def sign_up(endpoint: CompleteEndpoint, user_id: str, *, at: datetime) -> UserEvent:
    """`_userauth.sign_up`: somebody registered; the endpoint is made in the same call, as theirs."""
    theirs = replace(endpoint, changes=replace(endpoint.changes, user_id=user_id))
    return UserEvent(theirs, "_userauth.sign_up", at)


def sign_in(
    subject: Subject,
    *,
    at: datetime,
    demographic: Demographic | None = None,
    location: Location | None = None,
    session: Session | None = None,
) -> UserEvent:
    """`_userauth.sign_in`: somebody came back, with a device and from a place."""
    changes = replace(
        subject.changes,
        demographic=demographic or subject.changes.demographic,
        location=location or subject.changes.location,
    )
    return UserEvent(replace(subject, changes=changes), "_userauth.sign_in", at, session=session)


def auth_fail(subject: Subject, *, at: datetime) -> UserEvent:
    """`_userauth.auth_fail`: somebody could not sign in."""
    return UserEvent(subject, "_userauth.auth_fail", at)


def monetization_purchase(
    subject: Subject,
    *,
    product_id: str,
    price: float,
    quantity: float,
    currency: str,
    transaction_id: str,
    at: datetime,
) -> UserEvent:
    """`_monetization.purchase`: something was bought in an app. The transaction's id is the event's.

    Args:
        price: Of one item, in units of the currency.
        currency: ISO 4217.
    """
    return UserEvent(
        subject,
        "_monetization.purchase",
        at,
        {"_product_id": product_id, "_currency": currency, "_transaction_id": transaction_id},
        {"_item_price": price, "_quantity": quantity},
        event_id=f"monetization-{transaction_id}",
    )
