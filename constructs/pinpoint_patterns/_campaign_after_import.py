"""The part of a state machine that sends to what was imported: a turn, one campaign, its end."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._lambda_step import lambda_step
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.project import IPinpointProject
from pinpoint_patterns.then_send import ThenSend

_CODE: Final = "patterns/segment_import"
_READ_AND_RENEW: Final = ("dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


class CampaignAfterImport(Construct):
    """One campaign a file's version, so many at once, each watched until it has ended.

    Args:
        project: Whose campaigns.
        then_send: What is sent.
        ledger: Where each version has its item.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        then_send: ThenSend,
        ledger: dynamodb.TableV2,
    ) -> None:
        super().__init__(scope, construct_id)
        self.turns = state_table(self, "Turns", sort_key=True)
        settings = {
            "APPLICATION_ID": project.application_id,
            "TURNS_TABLE": self.turns.table_name,
            "AT_ONCE": str(then_send.at_once),
            "CAMPAIGN_NAME": then_send.campaign_name,
        }
        self.turn = self._function(
            "Turn", "take_turn", settings | {"AT_MOST_BAD": str(then_send.at_most_bad)}
        )
        self.start = self._function(
            "Send",
            "start",
            settings
            | {
                "LEDGER_TABLE": ledger.table_name,
                "CAMPAIGN": Stack.of(self).to_json_string(then_send.request()),
            },
        )
        self.watch = self._function("Watch", "watch", settings)
        self.turns.grant(self.turn.function, *_READ_AND_RENEW, "dynamodb:PutItem")
        for function in (self.start, self.watch):
            self.turns.grant(function.function, *_READ_AND_RENEW)
        ledger.grant(self.start.function, "dynamodb:UpdateItem")
        # Whose turn ran out is asked by the campaign's name; a repeated start looks for it, too.
        project.grant(self.turn.function, "GetCampaigns")
        project.grant(self.start.function, "CreateCampaign", "GetCampaigns")
        project.grant(self.watch.function, "GetCampaign")

    @property
    def functions(self) -> tuple[PatternFunction, ...]:
        """What the state machine calls."""
        return (self.turn, self.start, self.watch)

    def states(
        self, *, report: PatternFunction, not_sent: sfn.IChainable, failed: sfn.IChainable
    ) -> sfn.IChainable:
        """What follows an import.

        Args:
            report: Says what became of a file: when its campaign has started, and not only when it has ended.
            not_sent: What follows if the file is not fit to be sent to.
            failed: What follows an error.
        """
        take = lambda_step(self, "TakeTurn", self.turn, result="$.send", catch=failed)
        line = sfn.Wait(self, "WaitForTurn", time=sfn.WaitTime.seconds_path("$.send.wait_seconds"))
        line.next(take)
        take.next(
            sfn.Choice(self, "Turn?")
            .when(_outcome("TURN"), self._start(line, report, failed))
            .when(_outcome("WAIT"), line)
            .otherwise(not_sent)
        )
        return take

    def _start(self, line: sfn.IChainable, report: PatternFunction, failed: sfn.IChainable) -> sfn.IChainable:
        start = lambda_step(self, "StartCampaign", self.start, result="$.send", catch=failed)
        told = lambda_step(self, "ReportCampaign", report, catch=failed)
        told.next(self._watch())
        return start.next(
            sfn.Choice(self, "Started?")
            .when(_outcome("STARTED"), told)
            .when(_outcome("WAIT"), line)
            .otherwise(failed)
        )

    def _watch(self) -> sfn.IChainable:
        """The report is out: an error in here costs nothing but the turn, until its lease has run out."""
        unwatched = sfn.Fail(self, "Unwatched", comment="The campaign has started; nobody saw its end.")
        watch = lambda_step(self, "WatchCampaign", self.watch, result="$.send", catch=unwatched)
        wait = sfn.Wait(self, "WaitForCampaign", time=sfn.WaitTime.seconds_path("$.send.wait_seconds"))
        watch.next(
            sfn.Choice(self, "Ended?")
            .when(sfn.Condition.boolean_equals("$.send.ended", True), sfn.Succeed(self, "Sent"))
            .otherwise(wait)
        )
        return wait.next(watch)

    def _function(self, construct_id: str, step: str, environment: Mapping[str, str]) -> PatternFunction:
        return PatternFunction(
            self,
            construct_id,
            handler=f"patterns.segment_import.sends.{step}",
            code=[_CODE],
            description=f"Campaigns after imports: {step}",
            timeout=Duration.minutes(1),
            environment=environment,
        )


def _outcome(value: str) -> sfn.Condition:
    return sfn.Condition.string_equals("$.send.outcome", value)
