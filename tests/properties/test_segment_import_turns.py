"""Turns under any order of asking, dying and ending: never more at once than allowed, and the line moves."""

import boto3
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from moto import mock_aws

from patterns.segment_import.turns import LEASE_SECONDS, Ticket, Turns
from tests.support.turns import create_turns_table

FILES = st.integers(0, 5)


class Campaigns(RuleBasedStateMachine):
    """Files that take turns; a holder may die before it sends, and while its campaign runs."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_800_000_000.0
        self.running: set[str] = set()
        self.started: list[str] = []
        self.at_once = 1
        self.aws = mock_aws()
        self.aws.start()
        self.dynamodb = boto3.client(
            "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.table = create_turns_table(self.dynamodb)

    @property
    def turns(self) -> Turns:
        return Turns(self.dynamodb, self.table, self.at_once, self.running.__contains__, lambda: self.time)

    @initialize(at_once=st.integers(1, 3))
    def begin(self, at_once: int) -> None:
        self.at_once = at_once

    @rule(file=FILES, dies=st.booleans())
    def ask(self, file: int, dies: bool) -> None:
        ticket = ticket_of(file)
        if ticket.campaign in self.started or not self.turns.take(ticket) or dies:
            return
        if self.turns.renew(ticket):
            self.started.append(ticket.campaign)
            self.running.add(ticket.campaign)

    @rule(file=FILES)
    def watch(self, file: int) -> None:
        ticket = ticket_of(file)
        if ticket.campaign in self.running:
            self.turns.renew(ticket)
        elif ticket.campaign in self.started:
            self.turns.give_back(ticket)

    @rule(file=FILES)
    def end(self, file: int) -> None:
        self.running.discard(ticket_of(file).campaign)

    @rule(seconds=st.integers(1, 2 * LEASE_SECONDS))
    def pass_time(self, seconds: int) -> None:
        self.time += seconds

    @invariant()
    def no_more_run_than_allowed(self) -> None:
        assert len(self.running) <= self.at_once

    def teardown(self) -> None:
        self.running.clear()
        self.time += 2 * LEASE_SECONDS
        moves_on = self.turns.take(Ticket("last", "campaign-last", "9"))
        self.aws.stop()
        assert moves_on


def ticket_of(file: int) -> Ticket:
    return Ticket(f"file-{file}", f"campaign-{file}", f"2026-11-25T00:00:0{file}Z")


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
