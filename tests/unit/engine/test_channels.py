"""An application's channels: switched on, changed, listed, removed."""

from typing import Any

import pytest


def test_a_channel_counts_its_versions_and_keeps_its_creation(pinpoint: Any, app: str) -> None:
    first = pinpoint.update_sms_channel(ApplicationId=app, SMSChannelRequest={"SenderId": "SHOP"})
    second = pinpoint.update_sms_channel(
        ApplicationId=app, SMSChannelRequest={"ShortCode": "12345", "Enabled": False}
    )

    created, changed = first["SMSChannelResponse"], second["SMSChannelResponse"]
    assert (created["Version"], created["Enabled"], created["SenderId"]) == (1, True, "SHOP")
    assert (changed["Version"], changed["Enabled"], changed["ShortCode"]) == (2, False, "12345")
    assert "SenderId" not in changed
    assert changed["CreationDate"] == created["CreationDate"] < changed["LastModifiedDate"]
    assert changed["Platform"] == "SMS"


def test_all_channels_are_listed_by_type(pinpoint: Any, app: str) -> None:
    assert pinpoint.get_channels(ApplicationId=app)["ChannelsResponse"] == {"Channels": {}}
    pinpoint.update_sms_channel(ApplicationId=app, SMSChannelRequest={})
    pinpoint.update_voice_channel(ApplicationId=app, VoiceChannelRequest={"Enabled": True})

    channels = pinpoint.get_channels(ApplicationId=app)["ChannelsResponse"]["Channels"]
    assert {name: channel["Id"] for name, channel in channels.items()} == {"SMS": "sms", "VOICE": "voice"}


def test_a_removed_channel_is_answered_with_and_gone(pinpoint: Any, app: str) -> None:
    pinpoint.update_voice_channel(ApplicationId=app, VoiceChannelRequest={})
    removed = pinpoint.delete_voice_channel(ApplicationId=app)["VoiceChannelResponse"]
    assert removed["Platform"] == "VOICE"
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="has no voice channel"):
        pinpoint.get_voice_channel(ApplicationId=app)
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="has no SMS channel"):
        pinpoint.delete_sms_channel(ApplicationId=app)


@pytest.mark.parametrize("sender", ["1234", "TWELVELETTER", "A B"])
def test_a_sender_id_that_no_carrier_takes_is_refused(pinpoint: Any, app: str, sender: str) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"SMSChannelRequest\.SenderId"):
        pinpoint.update_sms_channel(ApplicationId=app, SMSChannelRequest={"SenderId": sender})


def test_channels_of_no_application_are_not_found(pinpoint: Any) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_channels(ApplicationId="0" * 32)
