"""The state machine between a file in a bucket and a project: claim, check, import, report."""

from collections.abc import Sequence
from typing import Final, Literal

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._campaign_after_import import CampaignAfterImport
from pinpoint_patterns._dead_letters import DeadLetterQueue
from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._lambda_step import lambda_step
from pinpoint_patterns._queue_worker import counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.project import IPinpointProject
from pinpoint_patterns.then_send import ThenSend

_CODE: Final = "patterns/segment_import"
# The sequencer stands for the version in a bucket of somebody else's that keeps none.
_CLAIM: Final = (
    "States.Format('{}/{}#{}{}', $.object.bucket, $.object.key, $.object.version_id, $.object.sequencer)"
)


class FileImports(Construct):
    """Each new object under a prefix is checked, imported once, and reported on, whatever happens.

    EventBridge may deliver an event twice, so the first step claims the object's version in a table:
    whoever comes second stops there.

    Args:
        project: Where the endpoints go.
        prefix: `segments/` and `sends/`, whose files become segments, or `endpoints/`.
        bucket: Where the files are.
        import_role: The role that Pinpoint reads the accepted rows with.
        topic: Who is told the counts; a new one by default.
        then_send: The campaign that follows each import; none by default.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        prefix: Literal["segments/", "sends/", "endpoints/"],
        bucket: s3.IBucket,
        import_role: iam.IRole,
        topic: sns.ITopic | None,
        then_send: ThenSend | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._prefix = prefix
        self.topic = topic or self._topic()
        # No item has a time to go: the same version is imported once, however late it comes again.
        self.ledger = state_table(self, "Ledger")
        self.check = self._check(bucket, prefix)
        self.start = self._job("Start", "start", project)
        self.poll = self._job("Poll", "poll", project)
        self.report = self._report(bucket, project)
        self._allow_importing(project, import_role)
        self.campaign = (
            CampaignAfterImport(self, "Campaign", project=project, then_send=then_send, ledger=self.ledger)
            if then_send
            else None
        )
        self.state_machine = self._state_machine()
        self.dead_letters = DeadLetterQueue(self, "DeadLetters")
        self._starts_on_new_objects(bucket, prefix)
        self.alarm = alarm(
            self,
            "FailedAlarm",
            self.metric_failed(),
            "An import came to no good end for a reason that is not in the file.",
        )

    @property
    def functions(self) -> tuple[PatternFunction, ...]:
        """What the state machine calls."""
        after = self.campaign.functions if self.campaign else ()
        return (self.check, self.start, self.poll, self.report, *after)

    @property
    def metrics_of_files(self) -> list[cloudwatch.Metric]:
        """Files in five minutes by what became of them."""
        return [self._metric(name) for name in ("FilesImported", "FilesRefused", "FilesFailed")]

    @property
    def metrics_of_rows(self) -> list[cloudwatch.Metric]:
        """Rows in five minutes: accepted, quarantined, and accepted but not imported."""
        return [self._metric(name) for name in ("RowsAccepted", "RowsQuarantined", "RowsNotImported")]

    @property
    def metrics_of_campaigns(self) -> list[cloudwatch.Metric]:
        """Campaigns in five minutes, and files that none was started for; empty without campaigns."""
        names = ("CampaignsStarted", "CampaignsNotStarted") if self.campaign else ()
        return [self._metric(name) for name in names]

    def metric_failed(self) -> cloudwatch.MathExpression:
        """Imports that failed or ran out of time in five minutes; a refused file is not among them."""
        period = Duration.minutes(5)
        return cloudwatch.MathExpression(
            expression="failed + timed_out",
            label="Imports that failed",
            using_metrics={
                "failed": self.state_machine.metric_failed(period=period),
                "timed_out": self.state_machine.metric_timed_out(period=period),
            },
            period=period,
        )

    def _metric(self, name: str) -> cloudwatch.Metric:
        return counted(name, {"Pattern": "SegmentImport", "Prefix": self._prefix})

    def _topic(self) -> sns.Topic:
        return sns.Topic(
            self,
            "Topic",
            enforce_ssl=True,
            master_key=kms.Alias.from_alias_name(self, "TopicKey", "alias/aws/sns"),
        )

    def _check(self, bucket: s3.IBucket, prefix: str) -> PatternFunction:
        check = PatternFunction(
            self,
            "Check",
            handler="patterns.segment_import.check.handler",
            code=[_CODE],
            description="Sorts a file's rows into accepted and quarantined",
            timeout=Duration.minutes(15),
            # One whole virtual CPU: the work is parsing. Memory itself does not grow with the file.
            memory_size=1769,
        )
        _allow(check, bucket, ["s3:GetObject", "s3:GetObjectVersion"], f"{prefix}*")
        for written in ("accepted/*", "quarantine/*"):
            _allow(check, bucket, ["s3:PutObject", "s3:AbortMultipartUpload"], written)
        if bucket.encryption_key:
            bucket.encryption_key.grant_encrypt_decrypt(check.function)
        return check

    def _job(self, construct_id: str, step: str, project: IPinpointProject) -> PatternFunction:
        return PatternFunction(
            self,
            construct_id,
            handler=f"patterns.segment_import.jobs.{step}",
            code=[_CODE],
            description=f"Import jobs: {step}",
            timeout=Duration.minutes(1),
            environment={"APPLICATION_ID": project.application_id},
        )

    def _report(self, bucket: s3.IBucket, project: IPinpointProject) -> PatternFunction:
        report = PatternFunction(
            self,
            "Report",
            handler="patterns.segment_import.report.handler",
            code=[_CODE],
            description="Writes what became of a file and tells the topic",
            timeout=Duration.minutes(1),
            environment={
                "TOPIC_ARN": self.topic.topic_arn,
                "APPLICATION_ID": project.application_id,
            },
        )
        _allow(report, bucket, ["s3:PutObject"], "reports/*")
        if bucket.encryption_key:
            bucket.encryption_key.grant_encrypt(report.function)
        self.topic.grant_publish(report.function)
        return report

    def _allow_importing(self, project: IPinpointProject, import_role: iam.IRole) -> None:
        # GetImportJobs: a retried start looks for the job that the first attempt may have made.
        project.grant(self.start.function, "CreateImportJob", "GetImportJobs")
        import_role.grant_pass_role(self.start.role)
        self.ledger.grant(self.start.function, "dynamodb:UpdateItem")
        self.start.function.add_environment("LEDGER_TABLE", self.ledger.table_name)
        self.start.function.add_environment("IMPORT_ROLE_ARN", import_role.role_arn)
        for reader in (self.poll, self.report):
            project.grant(reader.function, "GetImportJob")

    def _state_machine(self) -> sfn.StateMachine:
        machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition()),
            # With a campaign there is a turn to wait for, and then its end.
            timeout=Duration.days(7) if self.campaign else Duration.hours(24),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Logs",
                    retention=logs.RetentionDays.THREE_MONTHS,
                    removal_policy=RemovalPolicy.DESTROY,
                ),
                # Counts, keys and reasons only: no row ever passes through the state machine.
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )
        self.ledger.grant(machine, "dynamodb:PutItem")
        for function in self.functions:
            acknowledge_wildcard(
                machine.role,
                f"{function.function.function_arn}:*",
                "The state machine invokes its own functions, in whichever version.",
            )
        acknowledge_wildcard(machine.role, "*", "Log delivery and tracing are actions without a resource.")
        return machine

    def _definition(self) -> sfn.Chain:
        failed = lambda_step(self, "ReportFailure", self.report).next(
            sfn.Fail(self, "Failed", comment="The report and the notification say why.")
        )
        report = lambda_step(self, "ReportResult", self.report, catch=failed).next(
            sfn.Succeed(self, "Reported")
        )
        imported = (
            self.campaign.states(report=self.report, not_sent=report, failed=failed)
            if self.campaign
            else report
        )
        wait = sfn.Wait(self, "Wait", time=sfn.WaitTime.seconds_path("$.job.wait_seconds"))
        poll = lambda_step(self, "PollImport", self.poll, result="$.job", catch=failed)
        poll.next(
            sfn.Choice(self, "Done?")
            .when(sfn.Condition.string_equals("$.job.status", "FAILED"), failed)
            .when(sfn.Condition.boolean_equals("$.job.done", True), imported)
            .otherwise(wait)
        )
        start = lambda_step(self, "StartImport", self.start, result="$.job", catch=failed).next(
            wait.next(poll)
        )
        check = lambda_step(self, "CheckRows", self.check, result="$.check", catch=failed).next(
            sfn.Choice(self, "Anything to import?")
            .when(sfn.Condition.string_equals("$.check.outcome", "READY"), start)
            .otherwise(report)
        )
        claim = tasks.DynamoPutItem(
            self,
            "Claim",
            table=self.ledger,
            item={
                "pk": _text(_CLAIM),
                "execution": _text("$$.Execution.Id"),
                "claimed_at": _text("$$.State.EnteredTime"),
            },
            # A claim of this very execution is its own, retried after a lost answer.
            condition_expression="attribute_not_exists(pk) OR execution = :execution",
            expression_attribute_values={":execution": _text("$$.Execution.Id")},
            result_path=sfn.JsonPath.DISCARD,
        )
        claim.add_catch(
            sfn.Succeed(self, "ClaimedBefore", comment="The event came twice."),
            errors=["DynamoDB.ConditionalCheckFailedException"],
        )
        claim.add_catch(failed, errors=["States.ALL"], result_path="$.error")
        return sfn.Chain.start(claim.next(check))

    def _starts_on_new_objects(self, bucket: s3.IBucket, prefix: str) -> None:
        events.Rule(
            self,
            "NewObject",
            description=f"A file of endpoints was put under {prefix}",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": prefix}]},
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    self.state_machine,
                    input=events.RuleTargetInput.from_object(
                        {
                            "arrived": events.EventField.time,
                            "object": {
                                "bucket": events.EventField.from_path("$.detail.bucket.name"),
                                "key": events.EventField.from_path("$.detail.object.key"),
                                "version_id": events.EventField.from_path("$.detail.object.version-id"),
                                "sequencer": events.EventField.from_path("$.detail.object.sequencer"),
                                "size": events.EventField.from_path("$.detail.object.size"),
                            },
                        }
                    ),
                    dead_letter_queue=self.dead_letters.queue,
                )
            ],
        )


def _text(path: str) -> tasks.DynamoAttributeValue:
    return tasks.DynamoAttributeValue.from_string(sfn.JsonPath.string_at(path))


def _allow(function: PatternFunction, bucket: s3.IBucket, actions: Sequence[str], prefix: str) -> None:
    objects = bucket.arn_for_objects(prefix)
    function.role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[objects]))
    acknowledge_wildcard(
        function.role,
        objects,
        "File names are known at run time; the wildcard stays below one prefix of one bucket.",
    )
