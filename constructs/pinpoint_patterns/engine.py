"""The Pinpoint API as a serverless application in this account."""

import re
from collections.abc import Sequence
from typing import Any, Final, Literal, cast

from aws_cdk import Aspects, Duration, IAspect, RemovalPolicy, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct

from pinpoint_patterns import _engine_names as names
from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._engine_api import EngineApi
from pinpoint_patterns._engine_mail import EngineMail
from pinpoint_patterns._engine_phone import EnginePhone
from pinpoint_patterns._engine_queues import LIMITS, EngineQueues
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._operations import operation
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.errors import HostedElsewhere
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

_PHONE_NUMBER: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_READ: Final = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_WRITE: Final = (
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
)


class PinpointEngine(Construct):
    """Answers Pinpoint's API, and runs what stands behind it: imports, campaigns, mail, the event stream.

    One engine serves an account and Region: its API function, its CloudFormation provider and its
    delivery role have fixed names, under which hosted stacks find them.

    Args:
        sending: `safe` sends only to simulators, to what the account has verified and to `allow_list`;
            `live` sends to everybody.
        allow_list: Addresses, `@domain` for all of a domain, and phone numbers such as `+12065550100` that
            `safe` lets through as well.
        origination_identities: ARNs of the phone numbers, pools and sender ids that texts and calls may come
            from; a text has to name one of them then. All of the account's by default.
        encryption_key: A customer managed key for the table and the queues.
        removal_policy: What happens to the table when the stack goes.
        rate_limit: API requests a second, over all callers.
        burst_limit: API requests at once.
        worker_concurrency: Invocations at once for each work queue, 2 to 1,000.
        log_level: The least severe line that functions write.
        set_api_logging_role: Whether to set the Region's API Gateway logging role, which access logs
            need; leave it out where an account manages that role itself.
        local_webhooks: Whether custom channels may be webhooks on `http://127.0.0.1` as well, for tests
            and the embedded AWS.
        dependencies: A layer of third-party packages in place of ours.

    Raises:
        ValueError: `sending` is neither `safe` nor `live`, or an entry of `allow_list` is no address.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/welcome.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        sending: Literal["safe", "live"] = "safe",
        allow_list: Sequence[str] = (),
        origination_identities: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        rate_limit: int = 1000,
        burst_limit: int = 500,
        worker_concurrency: int = 20,
        log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO",
        set_api_logging_role: bool = True,
        local_webhooks: bool = False,
        dependencies: lambda_.ILayerVersion | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_sending(sending, allow_list)
        self._dependencies = dependencies
        self._hosted: set[str] = set()
        self._concurrency = worker_concurrency
        self.table = state_table(
            self, "Table", sort_key=True, encryption_key=encryption_key, removal_policy=removal_policy
        )
        self.queues = EngineQueues(self, "Queues", encryption_key=encryption_key)
        self.mail = EngineMail(self, "Mail", receipts=self.queues["receipts"])
        self.phone = EnginePhone(
            self,
            "Phone",
            receipts=self.queues["receipts"],
            origination_identities=origination_identities,
        )
        self.delivery_role = self._delivery_role()
        self._base = {"TABLE_NAME": self.table.table_name, "LOG_LEVEL": log_level}
        if local_webhooks:
            self._base["LOCAL_WEBHOOKS"] = "true"
        self._sending = {
            "CONFIGURATION_SET": self.mail.configuration_set.configuration_set_name,
            "SENDING": sending,
            "ALLOW_LIST": ",".join(allow_list),
        }
        self.api_function = self._api_function()
        self.provider_function = self._provider_function()
        self._workers()
        self.api = EngineApi(
            self,
            "Api",
            function=self.api_function.function,
            rate_limit=rate_limit,
            burst_limit=burst_limit,
            set_logging_role=set_api_logging_role,
        )
        self._publish_address()

    @property
    def api_url(self) -> str:
        """The address that Pinpoint clients are pointed at, stage included."""
        return self.api.url

    def personal_stores(self, project: IPinpointProject) -> list[PersonalStore]:
        """What is kept of people beside a project's endpoints: members of imported segments, dead letters.

        What runs of campaigns note has ids of endpoints and digests of addresses.

        Args:
            project: Whose.
        """
        members = PersonalStore.table(
            f"{self.node.path}: members of segments",
            self.table,
            keys=("pk", "sk"),
            prefix=f"MEMBERS#{project.application_id}#",
        )
        letters = [
            PersonalStore.dead_letters(f"{self.node.path}: {name}", queue)
            for name, queue in self.queues.dead_letters.items()
        ]
        return [members, *letters]

    def host(self, scope: IConstruct, *, live: bool = False) -> None:
        """Put what is below a scope, the engine excepted, on this engine instead of Amazon Pinpoint.

        Stacks keep their Pinpoint resources, policies and code. Whatever has no exact equivalent fails
        the synthesis, with the construct's path and what to do.

        Args:
            scope: An app, a stage, a stack or any other construct.
            live: Whether its resources were deployed before as Pinpoint's own: CloudFormation refuses
                another type under a logical id that exists, so they get new ones.

        Raises:
            HostedElsewhere: The scope is in another app than the engine, or is part of it.

        See `docs/hosting.md`.
        """
        # Imported here: an engine alone needs no Aspect, and that one needs botocore's model.
        from pinpoint_patterns.hosting.aspect import Hosting

        _check_scope(scope, self)
        for each in [scope, *_stages_below(scope)]:
            Aspects.of(each).add(cast(IAspect, Hosting(each, self, live=live, visited=self._hosted)))

    def grant(self, grantee: iam.IGrantable, *operations: str, application_id: str) -> iam.Grant:
        """Let somebody call operations by this engine's API, without any Pinpoint action.

        Args:
            grantee: Who may.
            operations: Names of the API reference, such as `UpdateEndpoint`.
            application_id: The application, and no other.

        Raises:
            ValueError: Pinpoint has no such operation.
        """
        from pinpoint_patterns.hosting.paths import invocations
        from pinpoint_patterns.hosting.resources import Reach

        for name in operations:
            operation(name)
        stack = Stack.of(self)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[
                stack.format_arn(
                    service="execute-api",
                    resource=self.api.rest_api.rest_api_id,
                    resource_name=f"{names.API_STAGE}/{path}",
                )
                for name in operations
                for path in invocations(name, Reach(application_id), f"apps/{application_id}")
            ],
        )

    def _api_function(self) -> PatternFunction:
        function = self._function(
            "ApiFunction",
            "api",
            description="Answers the Pinpoint API.",
            sends_to=("imports", "campaigns", "stream"),
            environment=self._sending,
            # API Gateway waits 29 seconds.
            timeout=Duration.seconds(29),
            memory_size=1024,
            function_name=names.API_FUNCTION,
        )
        self.mail.grant_send(function.role)
        self.phone.grant_send(function.role)
        return function

    def _provider_function(self) -> PatternFunction:
        return self._function(
            "Provider",
            "provider",
            description="Makes Pinpoint resources for CloudFormation.",
            sends_to=("imports", "campaigns"),
            timeout=Duration.minutes(5),
            function_name=names.PROVIDER_FUNCTION,
        )

    def _workers(self) -> None:
        role = self.delivery_role
        self.imports_function = self._worker(
            "imports", "Reads import files into endpoints and segments.", sends_to=("imports",), role=role
        )
        self.campaigns_function = self._worker(
            "campaigns",
            "Finds whom a campaign is for, and cuts them into batches.",
            sends_to=("campaigns", "deliveries", "urgent", "stream"),
        )
        self.deliveries_function = self._worker(
            "deliveries",
            "Sends one batch of a campaign.",
            sends_to=("deliveries", "stream"),
            role=role,
            environment=self._sending,
        )
        self._take_work(self.deliveries_function, "urgent")
        self.mail.grant_send(role)
        self.phone.grant_send(role)
        self.stream_function = self._worker(
            "stream",
            "Puts events on the customers' streams, and finds the campaigns that they set off.",
            sends_to=("stream", "campaigns"),
            role=role,
        )
        self.receipts_function = self._worker(
            "receipts", "Turns what happened to a mail or a text message into events.", sends_to=("stream",)
        )

    def _worker(
        self,
        room: str,
        description: str,
        *,
        sends_to: Sequence[str],
        role: iam.IRole | None = None,
        environment: dict[str, str] | None = None,
    ) -> PatternFunction:
        limits = LIMITS[room]
        work = self.queues[room]
        function = self._function(
            room.capitalize(),
            room,
            description=description,
            sends_to=sends_to,
            environment={
                **(environment or {}),
                "DEAD_LETTERS_QUEUE_URL": work.dead_letters.queue.queue_url,
            },
            timeout=limits.timeout,
            memory_size=1024,
            role=role,
        )
        self._take_work(function, room)
        # What can never be worked on goes there at once, with its reason.
        work.dead_letters.queue.grant_send_messages(function.role)
        return function

    def _take_work(self, function: PatternFunction, queue: str) -> None:
        function.consume_queue(
            self.queues[queue].queue,
            batch_size=LIMITS[queue].batch_size,
            max_concurrency=self._concurrency,
        )

    def _function(
        self,
        construct_id: str,
        room: str,
        *,
        sends_to: Sequence[str],
        environment: dict[str, str] | None = None,
        **options: Any,
    ) -> PatternFunction:
        function = PatternFunction(
            self,
            construct_id,
            handler=f"engine.{room}.handler.handler",
            code=["engine"],
            environment={
                **self._base,
                **self.queues.urls(sends_to),
                **(environment or {}),
                "POWERTOOLS_SERVICE_NAME": f"pinpoint-engine-{room}",
            },
            dependencies=self._dependencies,
            **options,
        )
        self.table.grant(function.role, *_READ, *_WRITE)
        self.queues.grant_send(function.role, sends_to)
        return function

    def _delivery_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "DeliveryRole",
            role_name=names.delivery_role_name(self),
            description="Acts for customers: assumes their roles and calls their functions.",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[f"arn:{Stack.of(self).partition}:iam::{Stack.of(self).account}:role/*"],
                conditions={"StringEquals": {f"aws:ResourceTag/{names.HOSTED_TAG}": names.HOSTED_VALUE}},
            )
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::<AWS::AccountId>:role/*]",
            "The condition narrows it: only roles that a hosted stack tagged may be assumed.",
        )
        return role

    def _publish_address(self) -> None:
        ssm.StringParameter(
            self,
            "ApiId",
            parameter_name=names.API_ID_PARAMETER,
            string_value=self.api.rest_api.rest_api_id,
            description="The REST API that answers for Pinpoint.",
        )
        ssm.StringParameter(
            self,
            "ApiUrl",
            parameter_name=names.API_URL_PARAMETER,
            string_value=self.api.url,
            description="Where Pinpoint clients are pointed at.",
        )


def _check_scope(scope: IConstruct, engine: PinpointEngine) -> None:
    if scope.node.root is not engine.node.root:
        raise HostedElsewhere(f"{scope.node.path!r} is in another app than the engine: make the engine there")
    if engine in scope.node.scopes:
        raise HostedElsewhere(f"{scope.node.path} is part of the engine: host the stacks beside it")


def _stages_below(scope: IConstruct) -> list[Stage]:
    """Aspects end at a stage, which is synthesized by itself."""
    return [node for node in scope.node.find_all() if isinstance(node, Stage) and node is not scope]


def _check_sending(sending: str, allow_list: Sequence[str]) -> None:
    if sending not in ("safe", "live"):
        raise ValueError(f"sending must be 'safe' or 'live', got {sending!r}: leave it out to be safe")
    for position, entry in enumerate(allow_list):
        # The entry itself is somebody's address, so it is not repeated.
        if "," in entry or not ("@" in entry or _PHONE_NUMBER.fullmatch(entry)):
            raise ValueError(
                f"allow_list[{position}] must be an address, '@domain' or a phone number in E.164 form, "
                "without a comma"
            )
