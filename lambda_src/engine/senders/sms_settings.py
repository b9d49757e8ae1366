"""What a message and its channel say of a text message beside its text."""

from collections.abc import Mapping
from typing import Any

from engine import choices


def sms_settings(message: Mapping[str, Any], channel: Mapping[str, Any]) -> dict[str, Any]:
    """What a message and its channel say of a text message beside its text, as `SmsToSend` has it.

    Args:
        message: An `SMSMessage` or a `CampaignSmsMessage`.
        channel: The application's SMS channel; empty if it has none.
    """
    own = (message.get("OriginationNumber"), message.get("SenderId"))
    default = (channel.get("ShortCode"), channel.get("SenderId"))
    order = 1 if choices.ORIGINATION_NUMBER_OUTRANKS_SENDER_ID else -1
    names = {"IN_ENTITY_ID": message.get("EntityId"), "IN_TEMPLATE_ID": message.get("TemplateId")}
    return {
        "origination": next(filter(None, (*own[::order], *default[::order])), None),
        "message_type": message.get("MessageType"),
        "keyword": message.get("Keyword"),
        "country_parameters": {name: value for name, value in names.items() if value},
    }
