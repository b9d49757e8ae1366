"""What a campaign may ask for: checked at once, and refused with what is not served yet."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from engine.campaigns.schedule import is_event_campaign
from engine.errors import BadRequest, NotYetImplemented
from engine.operations.campaign_rules import check_hook, check_limits, is_function
from engine.operations.campaign_schedule import check_schedule

_PATH: Final = "WriteCampaignRequest"
DELIVERY_URI: Final = f"{_PATH}.CustomDeliveryConfiguration.DeliveryUri"
_REQUIRED: Final = ("Name", "SegmentId", "Schedule")
_SERVED_MESSAGES: Final = frozenset({"EmailMessage", "SMSMessage", "CustomMessage"})
_SERVED_TEMPLATES: Final = frozenset({"EmailTemplate", "SMSTemplate"})
_MAX_DATA_BYTES: Final = 5 * 1024
_MAX_HEADERS: Final = 15
_HEADER: Final = re.compile(r"[!-9;-~]{1,126}")


def check_campaign(write: Mapping[str, Any], now: datetime) -> None:
    """Refuse a campaign that could not be sent.

    Args:
        write: A `WriteCampaignRequest`.
        now: The moment its schedule is held against.

    Raises:
        BadRequest: Names the member and what it must be.
        NotYetImplemented: The API has it, and this engine does not serve it.
    """
    for member in _REQUIRED:
        if not write.get(member):
            raise BadRequest(f"{_PATH}.{member} is required")
    if write.get("AdditionalTreatments"):
        raise NotYetImplemented(f"{_PATH}.AdditionalTreatments is not served by this engine yet")
    if write.get("IsPaused") and not is_event_campaign(write):
        raise BadRequest(f"{_PATH}.IsPaused must be false: a campaign that starts at once cannot be paused")
    if not 0 <= write.get("HoldoutPercent", 0) <= 100:
        raise BadRequest(f"{_PATH}.HoldoutPercent must be between 0 and 100, got {write['HoldoutPercent']}")
    check_schedule(write["Schedule"], f"{_PATH}.Schedule", now)
    check_hook(write.get("Hook"), f"{_PATH}.Hook")
    check_limits(write.get("Limits"), f"{_PATH}.Limits")
    _check_message(write)


def _check_message(write: Mapping[str, Any]) -> None:
    messages = {name: value for name, value in write.get("MessageConfiguration", {}).items() if value}
    templates = {name: value for name, value in write.get("TemplateConfiguration", {}).items() if value}
    for name in [*(messages.keys() - _SERVED_MESSAGES), *(templates.keys() - _SERVED_TEMPLATES)]:
        raise NotYetImplemented(
            f"{_PATH}: {name} is not served by this engine yet: e-mail, SMS and custom messages are"
        )
    if not messages and not templates:
        raise BadRequest(f"{_PATH} needs a MessageConfiguration or a TemplateConfiguration")
    _check_email(messages.get("EmailMessage", {}))
    delivery = write.get("CustomDeliveryConfiguration")
    if ("CustomMessage" in messages) != bool(delivery):
        raise BadRequest(
            f"{_PATH}.MessageConfiguration.CustomMessage and {_PATH}.CustomDeliveryConfiguration are only "
            "allowed together"
        )
    if delivery:
        size = len(messages["CustomMessage"].get("Data", "").encode())
        if size > _MAX_DATA_BYTES:
            raise BadRequest(
                f"{_PATH}.MessageConfiguration.CustomMessage.Data must have at most {_MAX_DATA_BYTES} bytes, "
                f"got {size}"
            )
        uri = delivery["DeliveryUri"]
        if "://" not in uri and not is_function(uri):
            raise BadRequest(f"{DELIVERY_URI} must be a Lambda function's name or ARN, or an https address")


def _check_email(message: Mapping[str, Any]) -> None:
    headers: list[Mapping[str, str]] = message.get("Headers", [])
    if len(headers) > _MAX_HEADERS:
        raise BadRequest(f"an e-mail has at most {_MAX_HEADERS} headers, got {len(headers)}")
    for header in headers:
        if not _HEADER.fullmatch(header.get("Name", "")):
            raise BadRequest("a header's Name must be printable ASCII without a colon")
