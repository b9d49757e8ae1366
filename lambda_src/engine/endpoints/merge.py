"""How an update and a stored endpoint become one: what is not sent is kept.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints-endpoint-id.html
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from engine import choices
from engine.store import Document


def merge(
    stored: Document | None,
    request: Mapping[str, Any],
    *,
    application_id: str,
    endpoint_id: str,
    moment: str,
) -> Document:
    """The endpoint after an update; neither argument is changed.

    Args:
        stored: The endpoint as it is, None to create it.
        request: Members of an `EndpointRequest` that passed the rules.
        application_id: Where it lives.
        endpoint_id: Its id as the caller writes it.
        moment: Now, as the API writes dates.
    """
    document: Document = dict(stored) if stored is not None else _new(application_id, endpoint_id, moment)
    for member in ("ChannelType", "OptOut", "RequestId"):
        if request.get(member) is not None:
            document[member] = request[member]
    if request.get("Address"):
        document["Address"] = request["Address"]
    if stored is None and "Address" not in document:
        document["OptOut"] = "ALL"
    document["EndpointStatus"] = request.get("EndpointStatus") or "ACTIVE"
    document["EffectiveDate"] = request.get("EffectiveDate") or moment
    for member in ("Demographic", "Metrics"):
        _lay_over(document, member, request.get(member))
    _lay_over(document, "Location", _rounded(request.get("Location")))
    _lay_over(document, "Attributes", request.get("Attributes"))
    if request.get("User"):
        document["User"] = _merge_user(document.get("User", {}), request["User"])
    return document


def cohort_of(application_id: str, endpoint_id: str) -> str:
    """The endpoint's cohort, "0" to "99": the same for ever, about one in a hundred each."""
    digest = hashlib.sha256(f"{application_id}\n{endpoint_id.lower()}".encode()).digest()
    return str(int.from_bytes(digest[:8], "big") % 100)


def _new(application_id: str, endpoint_id: str, moment: str) -> Document:
    return {
        "ApplicationId": application_id,
        "Id": endpoint_id,
        "CohortId": cohort_of(application_id, endpoint_id),
        "CreationDate": moment,
        "OptOut": "NONE",
    }


def _lay_over(document: Document, member: str, sent: Mapping[str, Any] | None) -> None:
    """Each key sent replaces its whole value; an empty list removes the key."""
    if not sent:
        return
    merged = {**document.get(member, {}), **sent}
    if choices.EMPTY_LIST_REMOVES_ATTRIBUTE:
        merged = {name: value for name, value in merged.items() if value != []}
    document[member] = merged


def _merge_user(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Document:
    user: Document = dict(stored)
    if "UserId" in sent:
        if sent["UserId"] != stored.get("UserId") and "UserId" in stored:
            user.pop("UserAttributes", None)
        user["UserId"] = sent["UserId"]
    _lay_over(user, "UserAttributes", sent.get("UserAttributes"))
    return user


def _rounded(location: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The service keeps coordinates to one decimal, some eleven kilometres."""
    if not location:
        return location
    return {
        member: round(float(value), 1) if member in ("Latitude", "Longitude") else value
        for member, value in location.items()
    }
