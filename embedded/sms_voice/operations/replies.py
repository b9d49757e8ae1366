"""What a number or a pool may be told about replies."""

from embedded.sms_voice.errors import Invalid
from embedded.sms_voice.resources import Settings


def check_two_way(settings: Settings) -> None:
    """Refuse replies that would go nowhere.

    Raises:
        Invalid: Two-way is on without a topic, or with a FIFO topic, which AWS does not support.
    """
    if not settings.two_way:
        return
    if not settings.channel_arn:
        raise Invalid("TWO_WAY_CHANNEL_NOT_PRESENT", "TwoWayEnabled needs TwoWayChannelArn")
    if settings.channel_arn.endswith(".fifo"):
        raise Invalid("INVALID_PARAMETER", "TwoWayChannelArn must be a standard topic, not a FIFO topic")
