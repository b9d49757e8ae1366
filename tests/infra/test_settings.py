"""What the catalogue may be told by `-c name=value`, and what it refuses."""

import pytest
from aws_cdk import App

from stacks.settings import Settings


def told(**context: object) -> Settings:
    return Settings.from_context(App(context=context).node)


def test_told_nothing_it_is_hosted_and_sends_to_nobody_real() -> None:
    settings = told()
    assert (settings.engine, settings.sending, settings.allow_list) == ("hosted", "safe", ())
    assert settings.webhook_url.startswith("https://")
    assert settings.local_webhooks is False
    assert (settings.otp_brand_name, settings.otp_origination_identity) == ("Example", "EXAMPLE")
    assert (settings.frequency_cap, settings.frequency_window_hours) == (3, 24)


def test_it_takes_what_it_is_told() -> None:
    settings = told(
        engine="pinpoint",
        sending="live",
        allow_list="a@example.com,@example.org",
        webhook_url="http://127.0.0.1:9000/x",
        webhook_idempotency="false",
        frequency_cap="5",
        sms_opt_outs="self",
        otp_brand_name="Shop",
        otp_origination_identity="+14255550100",
    )
    assert settings.allow_list == ("a@example.com", "@example.org")
    assert settings.webhook_url == "http://127.0.0.1:9000/x"
    assert (settings.webhook_idempotency, settings.frequency_cap) == (False, 5)
    assert settings.sms_opt_outs == "self"
    assert (settings.otp_brand_name, settings.otp_origination_identity) == ("Shop", "+14255550100")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("engine", "moto", "hosted or pinpoint"),
        ("sms_opt_outs", "nobody", "aws or self"),
        ("sending", "yes", "safe or live"),
        ("webhook_idempotency", "maybe", "true or false"),
        ("local_webhooks", "maybe", "false or true"),
        ("frequency_cap", "0", "whole number from 1"),
        ("frequency_window_hours", "x", "whole number from 1"),
        ("webhook_url", "http://example.com", "https:// address"),
        ("callback_url", "ftp://127.0.0.1/x", "https:// address"),
    ],
)
def test_what_is_not_allowed_is_refused_by_its_name(key: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"-c {key} must be .*{says}"):
        told(**{key: value})
