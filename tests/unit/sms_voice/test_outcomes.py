"""What becomes of a message, by its destination."""

import pytest

from embedded.sms_voice.outcomes import outcome_of
from embedded.sms_voice.simulator_numbers import country_of, is_simulator
from engine.senders import simulators


@pytest.mark.parametrize(
    ("number", "statuses", "is_received"),
    [
        ("+14255550100", ["QUEUED", "SUCCESSFUL", "DELIVERED"], True),
        ("+14254147755", ["QUEUED", "SUCCESSFUL", "DELIVERED"], True),
        ("+14254147167", ["QUEUED", "UNREACHABLE"], False),
        ("+447860019067", ["QUEUED", "UNREACHABLE"], False),
        ("+491701299904", ["QUEUED", "CARRIER_BLOCKED"], False),
        ("+491701299908", ["QUEUED", "TTL_EXPIRED"], False),
        ("+491701299909", ["QUEUED", "SUCCESSFUL", "UNKNOWN"], True),
        ("+491701299910", ["QUEUED", "SUCCESSFUL"], True),
        ("+491701299922", ["DELIVERED", "SUCCESSFUL", "QUEUED"], True),
    ],
)
def test_a_number_decides_how_its_messages_end(number: str, statuses: list[str], is_received: bool) -> None:
    outcome = outcome_of(number, "TEXT")
    assert [step.status for step in outcome.steps] == statuses
    assert outcome.is_received == is_received
    assert [step.is_final for step in outcome.steps].count(True) == 1


def test_a_report_can_come_twice() -> None:
    assert outcome_of("+14255599921", "TEXT").copies == 2


@pytest.mark.parametrize(
    ("number", "last"),
    [("+14255550100", "COMPLETED"), ("+14255599901", "NO_ANSWER"), ("+14255599903", "BUSY")],
)
def test_a_call_ends_as_calls_do(number: str, last: str) -> None:
    final = outcome_of(number, "VOICE").steps[-1]
    assert (final.status, final.is_final) == (last, True)


def test_the_engine_and_the_embedded_aws_know_the_same_simulator_numbers() -> None:
    assert all(is_simulator(number) for number in simulators.NUMBERS)
    known = {
        country: {country_of(number) for number in pair} for country, pair in simulators.BY_COUNTRY.items()
    }
    assert known == {country: {country} for country in simulators.BY_COUNTRY}
    assert not outcome_of(simulators.BY_COUNTRY["GB"][1], "TEXT").is_received
