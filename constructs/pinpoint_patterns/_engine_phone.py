"""The engine's text messages and calls: by AWS End User Messaging, whose reports come back to a queue."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from pinpoint_patterns._dead_letters import WorkQueue, acknowledge
from pinpoint_patterns._findings import acknowledge_wildcard


class EnginePhone(Construct):
    """Reports on the engine's text messages, which End User Messaging gives to EventBridge by itself.

    Calls are not on a project's event stream, so nobody asks for their reports.

    Args:
        receipts: Where reports go.
        origination_identities: ARNs of what may be sent from; all that the account has if there are none.

    See https://docs.aws.amazon.com/sms-voice/latest/userguide/monitor-event-bridge.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        receipts: WorkQueue,
        origination_identities: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._identities = list(origination_identities)
        rule = events.Rule(
            self,
            "ReceiptRule",
            description="What became of the engine's text messages.",
            event_pattern=events.EventPattern(
                source=["aws.sms-voice"],
                detail_type=["Text Message Delivery Status Updated"],
                # What the account sends without the engine carries no such context.
                detail={"context": {"applicationId": events.Match.exists()}},
            ),
        )
        rule.add_target(targets.SqsQueue(receipts.queue, dead_letter_queue=receipts.dead_letters.queue))

    def grant_send(self, role: iam.IRole) -> None:
        """Let a role send texts and call, and ask which destinations are verified."""
        callers = [arn for arn in self._identities if ":sender-id/" not in arn]
        if not self._identities:
            callers = [self._all("phone-number"), self._all("pool")]
        for statement in (
            # A message that names no origination is one on no resource: with `*` End User Messaging
            # chooses among the account's, as Pinpoint did.
            iam.PolicyStatement(actions=["sms-voice:SendTextMessage"], resources=self._identities or ["*"]),
            # The safety catch asks which destinations are verified.
            iam.PolicyStatement(actions=["sms-voice:DescribeVerifiedDestinationNumbers"], resources=["*"]),
        ):
            role.add_to_principal_policy(statement)
        if callers:
            role.add_to_principal_policy(
                iam.PolicyStatement(actions=["sms-voice:SendVoiceMessage"], resources=callers)
            )
        for arn in callers if not self._identities else ():
            acknowledge_wildcard(role, arn, "A project may call from any number that the account has.")
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "A text may leave its origination to the service, and verified destinations are no resource.",
        )

    def _all(self, resource: str) -> str:
        return Stack.of(self).format_arn(service="sms-voice", resource=resource, resource_name="*")
