"""What `-c name=value` may say, read once and checked."""

from dataclasses import dataclass
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from constructs import Node

_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class Settings:
    """The settings of one synth.

    Attributes:
        engine: `hosted` runs on the engine in the own account, `pinpoint` on AWS::Pinpoint types.
        sending: `safe` sends to simulators, what is verified and the allow list only; `live` to all.
        allow_list: Addresses, `@domain` for all of a domain, and phone numbers that may be sent to while
            `safe`.
        local_webhooks: Whether custom channels may be webhooks on `http://127.0.0.1`, as on the embedded AWS.
        webhook_url: The message API that the webhook channel posts to.
        webhook_idempotency: Whether that API honours an idempotency key.
        callback_url: Where the customer data platform takes callbacks.
        records_url: Where the system of record takes changes of preferences.
        attributes_url: Where the hook asks for the offer of each endpoint of a batch.
        otp_brand_name: What the message with a one-time password calls the sender.
        otp_origination_identity: The number, sender id or pool that sends it.
        frequency_cap: Messages that a user may get in the window.
        frequency_window_hours: The window.
        sync_batches_per_second: Batches of endpoints that the audience sync may send a second.
        sync_import_above: Changes waiting in its queue when they begin to go by file.
        sms_opt_outs: Who answers HELP, STOP and the like in text messages: `aws`, or `self` for numbers with
            self-managed opt-outs.
    """

    engine: Literal["hosted", "pinpoint"]
    sending: Literal["safe", "live"]
    allow_list: tuple[str, ...]
    local_webhooks: bool
    webhook_url: str
    webhook_idempotency: bool
    callback_url: str
    records_url: str
    attributes_url: str
    otp_brand_name: str
    otp_origination_identity: str
    frequency_cap: int
    frequency_window_hours: int
    sync_batches_per_second: int
    sync_import_above: int
    sms_opt_outs: Literal["aws", "self"]

    @classmethod
    def from_context(cls, node: Node) -> "Settings":
        """Read the settings from the CDK's context.

        Raises:
            ValueError: A value is not allowed; the message names the key.
        """
        return cls(
            engine=cast(Any, _choice(node, "engine", "hosted", "pinpoint")),
            sending=cast(Any, _choice(node, "sending", "safe", "live")),
            allow_list=tuple(entry for entry in _text(node, "allow_list", "").split(",") if entry),
            local_webhooks=_choice(node, "local_webhooks", "false", "true") == "true",
            webhook_url=_url(node, "webhook_url", "https://messages.example.com/v1/messages"),
            webhook_idempotency=_choice(node, "webhook_idempotency", "true", "false") == "true",
            callback_url=_url(node, "callback_url", "https://cdp.example.com/v1/callbacks"),
            records_url=_url(node, "records_url", "https://records.example.com/v1/callbacks"),
            attributes_url=_url(node, "attributes_url", "https://offers.example.com/v1/attributes"),
            otp_brand_name=_text(node, "otp_brand_name", "Example"),
            otp_origination_identity=_text(node, "otp_origination_identity", "EXAMPLE"),
            frequency_cap=_positive(node, "frequency_cap", 3),
            frequency_window_hours=_positive(node, "frequency_window_hours", 24),
            # The quota of UpdateEndpointsBatch.
            sync_batches_per_second=_positive(node, "sync_batches_per_second", 2),
            sync_import_above=_positive(node, "sync_import_above", 20_000),
            sms_opt_outs=cast(Any, _choice(node, "sms_opt_outs", "aws", "self")),
        )


def _text(node: Node, key: str, default: str) -> str:
    value = node.try_get_context(key)
    if isinstance(value, bool):
        return str(value).lower()
    return default if value is None else str(value)


def _choice(node: Node, key: str, *allowed: str) -> str:
    value = _text(node, key, allowed[0])
    if value not in allowed:
        raise ValueError(f"-c {key} must be {' or '.join(allowed)}, got {value!r}")
    return value


def _positive(node: Node, key: str, default: int) -> int:
    value = _text(node, key, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"-c {key} must be a whole number from 1, got {value!r}")
    return int(value)


def _url(node: Node, key: str, default: str) -> str:
    value = _text(node, key, default)
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname:
        return value
    if parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS:
        return value
    raise ValueError(f"-c {key} must be an https:// address (http:// only for 127.0.0.1), got {value!r}")
