"""The worker that answers what comes to a two-way topic, its state and its dead letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Duration, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._dead_letters import DeadLetterQueue, acknowledge
from pinpoint_patterns._queue_worker import QueueWorker, counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject
from pinpoint_patterns.sms_responders import (
    FunctionResponder,
    KeywordResponder,
    ModuleResponder,
    Responder,
    check_factory,
)

_CODE: Final = "patterns/two_way_sms"
_TIMEOUT: Final = Duration.seconds(120)
# Time enough for a message that is begun last: a responder's 30 seconds and a call's 32.
_BATCH_SECONDS: Final = 40
_MOST_CHARACTERS: Final = 1_600


@dataclass(frozen=True)
class SmsTexts:
    """What is said by itself, and who is meant by it.

    Attributes:
        help: The answer to HELP, INFO and AIDE: who you are, and how to reach you.
        opted_out: Confirms an opt-out.
        opted_in: Confirms an opt-in.
        opt_out_words: Words that opt out beside those of AWS and the FCC, such as those of more languages.
        opt_out_list: The list that numbers go on; None leaves End User Messaging's lists alone. A number
            comes off a list only once in 30 days.
        endpoint_lookup: `module:factory` of what finds a handset's endpoints; by default each number has one,
            whose id follows from it. It has to be in reach of a ModuleResponder.
    """

    help: str = "Reply STOP to get no more messages from this number."
    opted_out: str = "You will get no more messages from this number. Reply START to get them again."
    opted_in: str = "You will get messages from this number again. Reply STOP to end them."
    opt_out_words: Sequence[str] = ()
    opt_out_list: str | None = "Default"
    endpoint_lookup: str = "patterns.two_way_sms.endpoints:DerivedEndpoint"

    def __post_init__(self) -> None:
        check_factory("endpoint_lookup", self.endpoint_lookup)
        for name in ("help", "opted_out", "opted_in"):
            text: str = getattr(self, name)
            if not Token.is_unresolved(text) and not 1 <= len(text.strip()) <= _MOST_CHARACTERS:
                raise ValueError(
                    f"{name} must have 1 to {_MOST_CHARACTERS} characters, got {len(text.strip())}"
                )
        if isinstance(self.opt_out_words, str) or any("," in word for word in self.opt_out_words):
            raise ValueError(
                f'opt_out_words must be a list of words, such as ["ALTO"], got {self.opt_out_words!r}'
            )


class SmsConversations(Construct):
    """Made by `TwoWaySmsTopic.add_responder`: a queue behind the topic, the worker, and what it keeps.

    Each message is answered once, those of a conversation one at a time. What cannot be answered waits in
    `dead_letters` with its reason; what SNS could not put into the queue, in `undelivered`.

    Args:
        topic: Where messages come from.
        encryption_key: Of the queues.
        opt_outs: Who answers HELP, STOP and the like.
        responder: What decides what is replied.
        project: Whose SendMessages replies go by.
        texts: What is said by itself.
        message_type: `TRANSACTIONAL` or `PROMOTIONAL`.
        max_parts: Message parts that a reply may have.
        responder_timeout: How long a reply may take.
        keep: Silence after which a conversation's state is forgotten.
        max_attempts: Failures before a message is given up.
        give_up_after: How long a message may wait.
        max_concurrency: Workers at once.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic,
        encryption_key: kms.IKey,
        opt_outs: str,
        responder: Responder,
        project: IPinpointProject,
        texts: SmsTexts,
        message_type: str,
        max_parts: int,
        responder_timeout: Duration,
        keep: Duration,
        max_attempts: int,
        give_up_after: Duration,
        max_concurrency: int,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_range("max_parts", max_parts, 1, 10)
        _check_range("max_attempts", max_attempts, 1, 50)
        _check_range("max_concurrency", max_concurrency, 2, 1000)
        _check_range("responder_timeout in seconds", responder_timeout.to_seconds(), 1, 30)
        _check_range("keep in seconds", keep.to_seconds(), 3600, 365 * 86400)
        _check_range("give_up_after in seconds", give_up_after.to_seconds(), 60, 6 * 3600)
        self.table = state_table(self, "Table", sort_key=True)
        self.ledger = state_table(self, "Ledger")
        plugged = _plugged(responder)
        self.worker = QueueWorker(
            self,
            "Worker",
            handler="patterns.two_way_sms.handler.handler",
            code=[_CODE, *plugged.code],
            description="Answers text messages",
            timeout=_TIMEOUT,
            max_concurrency=max_concurrency,
            longest_wait=Duration.minutes(10),
            layer=plugged.layer,
            encryption_key=encryption_key,
            environment={
                "APPLICATION_ID": project.application_id,
                "CONVERSATIONS_TABLE": self.table.table_name,
                "LEDGER_TABLE": self.ledger.table_name,
                # Longer than the function may run, shorter than its message stays hidden.
                "LEASE_SECONDS": str(_TIMEOUT.to_seconds() * 5 // 4),
                "BATCH_SECONDS": str(_BATCH_SECONDS),
                "OPT_OUTS": opt_outs,
                "OPT_OUT_WORDS": ",".join(texts.opt_out_words),
                "OPT_OUT_LIST": texts.opt_out_list or "",
                "HELP_TEXT": texts.help,
                "OPTED_OUT_TEXT": texts.opted_out,
                "OPTED_IN_TEXT": texts.opted_in,
                "ENDPOINT_LOOKUP": texts.endpoint_lookup,
                "MESSAGE_TYPE": message_type,
                "MOST_PARTS": str(max_parts),
                "RESPONDER_SECONDS": str(responder_timeout.to_seconds()),
                "KEEP_SECONDS": str(keep.to_seconds()),
                "MAX_ATTEMPTS": str(max_attempts),
                "GIVE_UP_AFTER_SECONDS": str(give_up_after.to_seconds()),
                **plugged.environment,
            },
        )
        self.queue = self.worker.queue
        self.function = self.worker.function
        self.dead_letters = self.worker.dead_letters
        self.undelivered = DeadLetterQueue(self, "Undelivered", encryption_key=encryption_key).queue
        self._subscribe(topic, encryption_key)
        self._grant(project, texts)
        for action in ("GenerateDataKey*", "ReEncrypt*"):
            acknowledge(
                self.worker.worker.role,
                f"AwsSolutions-IAM5[Action::kms:{action}]",
                "Both forms of the action, on the one key of the queues, as CDK grants writing to a queue.",
            )
        if isinstance(responder, FunctionResponder):
            self._allow(["lambda:InvokeFunction"], responder.function.function_arn)
        self.unknown_alarm = alarm(
            self,
            "UnknownAlarm",
            self.metric_unknown(),
            "The answer to a send was lost: nobody knows whether a reply went out.",
        )

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. The ledger has ids of messages, for 30 days."""
        return [
            PersonalStore.dead_letters(f"{self.node.path}: dead letters", self.dead_letters),
            PersonalStore.dead_letters(f"{self.node.path}: undelivered", self.undelivered),
            PersonalStore.keyed(
                f"{self.node.path}: conversations",
                self.table,
                code=_CODE,
                actions=("Query", "DeleteItem"),
                # Asked for all numbers, the action knows no resource.
                allows={"sms-voice:DescribePhoneNumbers": ["*"]},
            ),
        ]

    def metric_answered(self) -> cloudwatch.Metric:
        """Messages whose reply the project took, the sum of five minutes."""
        return self._metric("Answered")

    def metric_unanswered(self) -> cloudwatch.Metric:
        """Messages that needed no reply of ours, the sum of five minutes."""
        return self._metric("Unanswered")

    def metric_withheld(self) -> cloudwatch.Metric:
        """Messages of people who opted out: they got nothing, the sum of five minutes."""
        return self._metric("Withheld")

    def metric_failed(self) -> cloudwatch.Metric:
        """Messages that went to the dead letters, the sum of five minutes."""
        return self._metric("Failed")

    def metric_unknown(self) -> cloudwatch.Metric:
        """Replies whose answer was lost, the sum of five minutes."""
        return self._metric("Unknown")

    def metric_duplicates(self) -> cloudwatch.Metric:
        """Messages that came again after they had been answered, the sum of five minutes."""
        return self._metric("Duplicates")

    def metric_postponed(self) -> cloudwatch.Metric:
        """Times that a message was put off, the sum of five minutes."""
        return self._metric("Postponed")

    def metric_poison(self) -> cloudwatch.Metric:
        """What was no message of a handset, the sum of five minutes."""
        return self._metric("Poison")

    def _metric(self, metric_name: str) -> cloudwatch.Metric:
        return counted(metric_name, {"Pattern": "TwoWaySms"})

    def _subscribe(self, topic: sns.ITopic, encryption_key: kms.IKey) -> None:
        """As CDK's subscription would, which lets SNS use the key on behalf of every account."""
        sns.Subscription(
            self,
            "Subscription",
            topic=topic,
            protocol=sns.SubscriptionProtocol.SQS,
            endpoint=self.queue.queue_arn,
            dead_letter_queue=self.undelivered,
        )
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[_sns({"ArnEquals": {"aws:SourceArn": topic.topic_arn}})],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
            )
        )
        stack = Stack.of(self)
        # The topic is encrypted with the key: a key that named the topic would make a circle of the two.
        of_this_account = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": stack.format_arn(service="sns", resource="*")},
        }
        encryption_key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[_sns(of_this_account)],
                actions=["kms:GenerateDataKey", "kms:Decrypt"],
                resources=["*"],
            )
        )

    def _grant(self, project: IPinpointProject, texts: SmsTexts) -> None:
        self.table.grant(self.function, "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:BatchGetItem")
        self.ledger.grant(self.function, "dynamodb:UpdateItem")
        project.grant(self.function, "SendMessages", "UpdateEndpoint", "PutEvents")
        if texts.opt_out_list is not None:
            self._allow(
                ["sms-voice:PutOptedOutNumber", "sms-voice:DeleteOptedOutNumber"],
                Stack.of(self).format_arn(
                    service="sms-voice", resource="opt-out-list", resource_name=texts.opt_out_list
                ),
            )

    def _allow(self, actions: Sequence[str], arn: str) -> None:
        iam.Grant.add_to_principal(grantee=self.function, actions=list(actions), resource_arns=[arn])


@dataclass(frozen=True)
class _Plugged:
    """What a responder adds to the worker."""

    environment: Mapping[str, str]
    code: Sequence[str] = ()
    layer: lambda_.ILayerVersion | None = None


def _plugged(responder: Responder) -> _Plugged:
    match responder:
        case KeywordResponder():
            factory = "patterns.two_way_sms.keyword_responder:responder"
            return _Plugged({"RESPONDER": factory, "ANSWERS": responder.to_json()})
        case ModuleResponder(factory, code, layer, environment):
            return _Plugged({"RESPONDER": factory, **environment}, code, layer)
        case FunctionResponder(function):
            factory = "patterns.two_way_sms.function_responder:responder"
            return _Plugged({"RESPONDER": factory, "RESPONDER_FUNCTION": function.function_arn})


def _sns(conditions: Mapping[str, Any]) -> iam.ServicePrincipal:
    return iam.ServicePrincipal("sns.amazonaws.com", conditions=dict(conditions))


def _check_range(what: str, value: Any, lowest: int, highest: int) -> None:
    if not Token.is_unresolved(value) and not lowest <= value <= highest:
        raise ValueError(f"{what} must be {lowest} to {highest}, got {value}")
