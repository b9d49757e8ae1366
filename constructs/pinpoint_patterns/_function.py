"""The one way a Lambda function is made here: its own role, log group, retries, dead letters and alarm."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._assets import ARCHITECTURE, RUNTIME, dependencies_layer, lambda_code
from pinpoint_patterns._dead_letters import DeadLetterQueue, acknowledge


class PatternFunction(Construct):
    """A Lambda function with everything that has to stand around it.

    Asynchronous failures go to `dead_letters` after two retries, unless events may not be kept; the alarm
    rings when the function raises. The role may write to the function's own log group and nothing else until
    it is granted more.

    Args:
        handler: Dotted path below the Lambda source root, such as `patterns.segment_import.handler.handler`.
        code: Folders below the source root that the function needs beside `pinpoint_runtime`.
        description: What the function is for, as the console shows it.
        timeout: At most 15 minutes.
        memory_size: MiB.
        environment: Settings; never a secret.
        dependencies: A layer of third-party packages in place of ours: each function logs through Powertools.
        layer: A layer more, with code that is no part of this package.
        role: An execution role in place of the function's own.
        function_name: A fixed name, for functions that are found by name.
        reserved_concurrency: How many may run at once.
        keeps_events: Whether an asynchronous call that fails leaves its event among `dead_letters`. Not where
            events hold secrets: nothing is retried and nothing kept then.

    See https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str,
        code: Sequence[str],
        description: str,
        timeout: Duration | None = None,
        memory_size: int = 512,
        environment: Mapping[str, str] | None = None,
        dependencies: lambda_.ILayerVersion | None = None,
        layer: lambda_.ILayerVersion | None = None,
        role: iam.IRole | None = None,
        function_name: str | None = None,
        reserved_concurrency: int | None = None,
        keeps_events: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.dead_letters = DeadLetterQueue(self, "DeadLetters") if keeps_events else None
        self.role = role or iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description=description,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=handler,
            code=lambda_code(*code),
            layers=[dependencies or dependencies_layer(self), *([layer] if layer else [])],
            role=self.role,
            timeout=timeout or Duration.seconds(30),
            memory_size=memory_size,
            environment={"POWERTOOLS_SERVICE_NAME": construct_id, **(environment or {})},
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            dead_letter_queue=self.dead_letters.queue if self.dead_letters else None,
            retry_attempts=None if keeps_events else 0,
            reserved_concurrent_executions=reserved_concurrency,
        )
        self.log_group.grant_write(self.role)
        self.error_alarm = alarm(
            self,
            "ErrorAlarm",
            self.function.metric_errors(period=Duration.minutes(5)),
            "The function raised instead of answering.",
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "The runtime is pinned on purpose: it is raised together with the tests that run on it.",
        )

    def consume_queue(
        self,
        queue: sqs.IQueue,
        *,
        batch_size: int = 10,
        max_concurrency: int | None = None,
        max_batching_window: Duration | None = None,
    ) -> None:
        """Work on a queue's messages; the function answers with the failed ones (partial batch response).

        Args:
            queue: The queue, whose visibility timeout is at least six times this function's timeout.
            batch_size: Messages an invocation.
            max_concurrency: Invocations at once for this queue, 2 to 1,000.
            max_batching_window: How long a batch may be gathered.
        """
        self.function.add_event_source(
            event_sources.SqsEventSource(
                queue,
                batch_size=batch_size,
                max_concurrency=max_concurrency,
                max_batching_window=max_batching_window,
                report_batch_item_failures=True,
            )
        )
