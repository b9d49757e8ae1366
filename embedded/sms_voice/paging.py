"""Filters and pages of what a Describe operation lists."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final

from embedded.sms_voice.errors import Invalid

_PAGE: Final = 100
_Facts = dict[str, Any]


def page(listed: Sequence[_Facts], request: _Facts, member: str) -> _Facts:
    """The answer's members: the page that a request asks for, and the token of the next.

    Args:
        listed: All that the account has of them.
        request: `Filters`, `MaxResults` and `NextToken` of it are followed.
        member: The name of the list in the answer.

    Raises:
        Invalid: The token is none of ours.
    """
    kept = [facts for facts in listed if all(_passes(facts, given) for given in request.get("Filters", []))]
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", _PAGE)
    token = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(kept) else None
    return {member: kept[start:end], "NextToken": token}


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise Invalid("INVALID_NEXT_TOKEN", "NextToken is not one that this list gave") from None


def _passes(facts: _Facts, given: _Facts) -> bool:
    name = "".join(word.capitalize() for word in given["Name"].split("-"))
    return bool(_values(facts, name) & set(given["Values"]))


def _values(facts: _Facts, name: str) -> set[str]:
    """All values that a filter of this name looks at; those of event destinations are one level down."""
    found: set[str] = set()
    for key in (name, f"{name}s", f"{name[:-1]}ies"):
        value = facts.get(key)
        if value is not None:
            found |= {_text(each) for each in (value if isinstance(value, list) else [value])}
    for destination in facts.get("EventDestinations", ()):
        found |= _values(destination, name)
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
