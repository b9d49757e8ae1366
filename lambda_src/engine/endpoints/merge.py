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
    address = request.get("Address")
    if address or (address == "" and not choices.EMPTY_ADDRESS_IS_NOT_SENT):
        document["Address"] = address
    if stored is None and not document.get("Address"):
        asked = request.get("OptOut")
        document["OptOut"] = asked if asked and not choices.NO_ADDRESS_ALWAYS_OPTS_OUT else "ALL"
    document["EndpointStatus"] = _status(document, request)
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


def _status(document: Document, request: Mapping[str, Any]) -> str:
    if choices.INACTIVE_ON_REQUEST_IS_KEPT and request.get("EndpointStatus") == "INACTIVE":
        return "INACTIVE"
    if choices.ANY_UPDATE_CLAIMS_THE_ADDRESS or request.get("Address"):
        return "ACTIVE"
    return str(document.get("EndpointStatus", "ACTIVE"))


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
        changed = "UserId" in stored and sent["UserId"] != stored["UserId"]
        if changed and choices.NEW_USER_DROPS_FORMER_USER_ATTRIBUTES:
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
