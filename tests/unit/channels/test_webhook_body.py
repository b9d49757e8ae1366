"""What a message API is sent of a message."""

from channels.webhook.adapter import WebhookAdapter, request_body
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.webhook import Rejected


def message(**endpoint: object) -> ChannelMessage:
    return ChannelMessage(
        key="msg_1",
        owner="o",
        application_id="app",
        endpoint_id="e",
        data="hello",
        accepted_at=1,
        campaign_id="campaign",
        activity_id="activity",
        treatment_id="0",
        endpoint=endpoint,
    )


def test_the_body_says_who_what_and_where_from() -> None:
    body = request_body(
        message(
            Address="+15551230000",
            ChannelType="CUSTOM",
            User={"UserId": "u"},
            Attributes={"plan": ["gold"]},
        )
    )
    assert body == {
        "type": "message.send",
        "id": "msg_1",
        "to": "+15551230000",
        "channel_type": "CUSTOM",
        "endpoint_id": "e",
        "user_id": "u",
        "attributes": {"plan": ["gold"]},
        "data": "hello",
        "application_id": "app",
        "campaign_id": "campaign",
        "campaign_activity_id": "activity",
        "treatment_id": "0",
        "journey_id": None,
    }


def test_what_is_not_known_of_an_endpoint_is_null_and_not_missing() -> None:
    assert request_body(message()).keys() == request_body(message(Address="x")).keys()
    assert request_body(message())["to"] is None


def test_a_message_to_nobody_is_not_sent() -> None:
    class Unreachable:
        def post(self, *_: object) -> None:
            raise AssertionError("sent")

    adapter = WebhookAdapter(Unreachable(), repeatable=True)  # type: ignore[arg-type]
    assert adapter.send(message()) == Rejected("no_address_and_no_user")
