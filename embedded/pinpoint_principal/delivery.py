"""How a call of the engine's delivery role is recognised, and on whose behalf it is made."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

from embedded.server import ACCOUNT, REGION

_SESSIONS: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/pinpoint-engine-delivery-{REGION}/"


def is_delivery_role(principal: str) -> bool:
    """Whether an ARN is that of a session of the engine's delivery role."""
    return principal.startswith(_SESSIONS)


def function_source(headers: Mapping[str, str]) -> str | None:
    """The ARN that the client context of an Invoke names as its source, if it does.

    Args:
        headers: Of the request, their names in lower case.
    """
    try:
        context = json.loads(base64.b64decode(headers.get("x-amz-client-context", ""), validate=True))
        source = context["custom"]["source_arn"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
    return source if isinstance(source, str) else None
