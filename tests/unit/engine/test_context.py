"""The clients of a deployed function: how long they wait, and how often they ask."""

import pytest

from engine.context import Context, from_environment


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Context:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.setenv("TABLE_NAME", "engine")
    return from_environment("123456789012")


def test_a_customers_function_has_fifteen_seconds_and_its_caller_counts_the_attempts(
    deployed: Context,
) -> None:
    config = deployed.client("lambda").meta.config
    assert config.read_timeout == 15
    assert config.retries["total_max_attempts"] == 1


def test_calls_to_other_services_are_repeated_when_they_are_throttled(deployed: Context) -> None:
    retries = deployed.client("sqs").meta.config.retries
    assert (retries["mode"], retries["total_max_attempts"]) == ("standard", 5)


@pytest.mark.parametrize("service", ["sesv2", "pinpoint-sms-voice-v2"])
def test_a_message_whose_answer_is_lost_is_not_sent_again_by_the_client(
    deployed: Context, service: str
) -> None:
    assert deployed.client(service).meta.config.retries["total_max_attempts"] == 1
