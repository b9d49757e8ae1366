"""The engine's e-mail: by SES, with what became of each mail coming back to a queue."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from constructs import Construct

from pinpoint_patterns._dead_letters import WorkQueue, acknowledge
from pinpoint_patterns._engine_names import CONFIGURATION_SET


class EngineMail(Construct):
    """A configuration set whose events reach the receipts queue over EventBridge.

    Args:
        receipts: Where events go.

    See https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html.
    """

    def __init__(self, scope: Construct, construct_id: str, *, receipts: WorkQueue) -> None:
        super().__init__(scope, construct_id)
        self.configuration_set = ses.ConfigurationSet(
            self, "Set", configuration_set_name=CONFIGURATION_SET, reputation_metrics=True
        )
        # SES writes to the default bus, and to no other.
        bus = events.EventBus.from_event_bus_name(self, "DefaultBus", "default")
        self.configuration_set.add_event_destination(
            "Receipts", destination=ses.EventDestination.event_bus(bus)
        )
        rule = events.Rule(
            self,
            "ReceiptRule",
            description="What became of the engine's mail.",
            event_pattern=events.EventPattern(
                source=["aws.ses"],
                detail={"mail": {"tags": {"ses:configuration-set": [CONFIGURATION_SET]}}},
            ),
        )
        rule.add_target(targets.SqsQueue(receipts.queue, dead_letter_queue=receipts.dead_letters.queue))

    def grant_send(self, role: iam.IRole) -> None:
        """Let a role send mail from any identity of the account, and ask which are verified."""
        stack = Stack.of(self)
        identities = stack.format_arn(service="ses", resource="identity", resource_name="*")
        configuration_set = stack.format_arn(
            service="ses", resource="configuration-set", resource_name=CONFIGURATION_SET
        )
        for statement in (
            iam.PolicyStatement(actions=["ses:SendEmail"], resources=[identities, configuration_set]),
            # The safety catch asks which identities are verified.
            iam.PolicyStatement(actions=["ses:ListEmailIdentities"], resources=["*"]),
        ):
            role.add_to_principal_policy(statement)
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]",
            "A project may send from any identity that the account has verified.",
        )
        acknowledge(
            role, "AwsSolutions-IAM5[Resource::*]", "Listing identities is an action without a resource."
        )
