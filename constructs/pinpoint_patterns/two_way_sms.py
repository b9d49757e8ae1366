"""A topic for what handsets write to a number, and who answers it."""

from typing import Literal

from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_smsvoice as smsvoice
from aws_cdk import aws_sns as sns
from constructs import Construct

from pinpoint_patterns.project import IPinpointProject
from pinpoint_patterns.sms_conversations import SmsConversations, SmsTexts
from pinpoint_patterns.sms_responders import Responder


class TwoWaySmsTopic(Construct):
    """An encrypted topic that End User Messaging publishes incoming messages to, for this account alone.

    Args:
        topic: An existing topic, standard and not FIFO; a new one by default. The policy of an imported one
            is its owner's: a warning says what it has to admit.
        encryption_key: A customer managed key for topic and queues; a new one by default. SNS's own key would
            not do: its policy cannot admit End User Messaging.
        opt_outs: Who answers HELP, STOP and the like. `aws`: End User Messaging does, as it does for every
            number unless told otherwise. `self`: we do, for numbers with self-managed opt-outs.

    Raises:
        ValueError: The topic is a FIFO topic, which two-way SMS does not support.

    See https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-iam-policy.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic | None = None,
        encryption_key: kms.IKey | None = None,
        opt_outs: Literal["aws", "self"] = "aws",
    ) -> None:
        super().__init__(scope, construct_id)
        if topic is not None and topic.fifo:
            raise ValueError("topic must be a standard topic: two-way SMS does not support FIFO topics")
        if opt_outs not in ("aws", "self"):
            raise ValueError(f"opt_outs must be 'aws' or 'self', got {opt_outs!r}")
        self.opt_outs: Literal["aws", "self"] = opt_outs
        self.encryption_key = encryption_key or kms.Key(
            self,
            "Key",
            description="Messages of handsets on their way to who answers",
            enable_key_rotation=True,
        )
        self.topic = topic or sns.Topic(self, "Topic", master_key=self.encryption_key, enforce_ssl=True)
        self._admit_service()

    def attach(self, sender: smsvoice.CfnPhoneNumber | smsvoice.CfnPool) -> None:
        """Let what is written to a number or a pool come here, and say who manages its opt-outs.

        A number that exists already is attached with `aws pinpoint-sms-voice-v2 update-phone-number`.
        """
        if isinstance(sender, smsvoice.CfnPhoneNumber):
            sender.two_way = smsvoice.CfnPhoneNumber.TwoWayProperty(
                enabled=True, channel_arn=self.topic.topic_arn
            )
        else:
            sender.two_way = smsvoice.CfnPool.TwoWayProperty(enabled=True, channel_arn=self.topic.topic_arn)
        sender.self_managed_opt_outs_enabled = self.opt_outs == "self"
        # A number that is told of a topic that does not admit it yet loses messages.
        sender.node.add_dependency(self.topic, self.encryption_key)

    def add_responder(
        self,
        responder: Responder,
        *,
        project: IPinpointProject,
        texts: SmsTexts | None = None,
        message_type: Literal["TRANSACTIONAL", "PROMOTIONAL"] = "TRANSACTIONAL",
        max_parts: int = 3,
        responder_timeout: Duration | None = None,
        keep: Duration | None = None,
        max_attempts: int = 6,
        give_up_after: Duration | None = None,
        max_concurrency: int = 10,
    ) -> SmsConversations:
        """Answer messages. A topic has one responder: two would answer each message twice.

        Args:
            responder: What decides what is replied.
            project: Whose SendMessages replies go by, and whose endpoints opt out.
            texts: What is said by itself, and which further words opt out.
            message_type: As the number is registered.
            max_parts: Message parts that a reply may have, 1 to 10.
            responder_timeout: How long a reply may take, 1 to 30 seconds; 10 by default.
            keep: Silence after which a conversation's state is forgotten, 1 hour to 365 days; 30 days by
                default.
            max_attempts: Failures of the responder, or sends, before a message is given up, 1 to 50.
            give_up_after: How long a message may wait for its answer, 1 minute to 6 hours; 60 minutes by
                default.
            max_concurrency: Workers at once, 2 to 1,000; each has up to ten conversations.

        Raises:
            ValueError: A number is outside of what is allowed.
        """
        return SmsConversations(
            self,
            "Conversations",
            topic=self.topic,
            encryption_key=self.encryption_key,
            opt_outs=self.opt_outs,
            responder=responder,
            project=project,
            texts=texts or SmsTexts(),
            message_type=message_type,
            max_parts=max_parts,
            responder_timeout=responder_timeout or Duration.seconds(10),
            keep=keep or Duration.days(30),
            max_attempts=max_attempts,
            give_up_after=give_up_after or Duration.minutes(60),
            max_concurrency=max_concurrency,
        )

    def _admit_service(self) -> None:
        stack = Stack.of(self)
        service = iam.ServicePrincipal(
            "sms-voice.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {
                    "aws:SourceArn": f"arn:{stack.partition}:sms-voice:{stack.region}:{stack.account}:*"
                },
            },
        )
        added = self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service], actions=["sns:Publish"], resources=[self.topic.topic_arn]
            )
        )
        may_encrypt = self.encryption_key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service], actions=["kms:GenerateDataKey*", "kms:Decrypt"], resources=["*"]
            )
        )
        if not (added.statement_added and may_encrypt.statement_added):
            Annotations.of(self).add_warning_v2(
                "pinpoint-patterns:two-way-sms-policy",
                "The policy of an imported topic or key is not changed here: it has to admit "
                "sms-voice.amazonaws.com with sns:Publish, or kms:GenerateDataKey* and kms:Decrypt, for "
                "aws:SourceAccount of this account.",
            )
