"""The frequency cap against a model of it: calls, retries, failures and time in any order."""

import time
from typing import Any

import boto3
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from moto import mock_aws

from patterns.campaign_hooks.filters import Deadline
from patterns.campaign_hooks.places import Places

MOST = 3
WINDOW = 100.0


class FrequencyCapMachine(RuleBasedStateMachine):
    """Two users, five messages; `sent` is when each message that counts was let through."""

    def __init__(self) -> None:
        super().__init__()
        self.aws = mock_aws()
        self.aws.start()
        client: Any = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="places",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        self.now = 1_000_000.0
        self.places = Places(client, "places", MOST, WINDOW, lambda: self.now)
        self.sent: dict[str, dict[str, float]] = {"u": {}, "v": {}}

    def teardown(self) -> None:
        self.aws.stop()

    def in_window(self, user: str) -> dict[str, float]:
        return {name: at for name, at in self.sent[user].items() if at > self.now - WINDOW}

    @rule(user=st.sampled_from("uv"), names=st.lists(st.sampled_from("abcde"), max_size=4))
    def a_hook_is_called_or_called_again(self, user: str, names: list[str]) -> None:
        before = self.in_window(user)
        granted = self.places.take(user, names, Deadline(time.monotonic() + 60))
        assert granted <= set(names)
        assert granted >= set(names) & set(before), "a hook called again takes nobody back"
        fresh = dict.fromkeys(names)
        expected = [name for name in fresh if name not in before][: max(0, MOST - len(before))]
        assert granted == {*expected, *(set(names) & set(before))}
        self.sent[user] = before | dict.fromkeys(expected, self.now)

    @rule(user=st.sampled_from("uv"), name=st.sampled_from("abcde"))
    def a_message_turns_out_not_to_be_sent(self, user: str, name: str) -> None:
        self.places.give_back(user, name)
        self.sent[user].pop(name, None)

    @rule(seconds=st.sampled_from([0.0, 1.0, 40.0, WINDOW - 1, WINDOW]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def never_more_than_the_cap_in_any_window(self) -> None:
        for user in self.sent:
            assert len(self.in_window(user)) <= MOST


FrequencyCapMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestFrequencyCap = FrequencyCapMachine.TestCase
