"""Two hooks: one caps how much a user gets, one records who was targeted."""

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from pinpoint_patterns import Audit, CampaignHook, Deny, EventStream, FrequencyCap, IPinpointProject


class CampaignHooksStack(Stack):
    """What campaigns name as Hook; both record what they decide.

    Args:
        project: Whose campaigns.
        events: The stream that tells what was not sent.
        frequency_cap: Messages a user may get in the window.
        frequency_window: The window.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        events: EventStream,
        frequency_cap: int,
        frequency_window: Duration,
    ) -> None:
        super().__init__(scope, construct_id, description="Campaign hooks of a Pinpoint project")
        cap = CampaignHook(
            self,
            "FrequencyCap",
            project=project,
            filters=[FrequencyCap(max_messages=frequency_cap, window=frequency_window), Audit()],
        )
        release = cap.release_unsent(events)
        audit = CampaignHook(
            self, "Audit", project=project, filters=[Deny("hold", ["true"]), Audit(bucket=cap.audit_bucket)]
        )
        CfnOutput(self, "FrequencyCapFunctionArn", value=cap.function.function_arn)
        CfnOutput(self, "AuditFunctionArn", value=audit.function.function_arn)
        if cap.audit_bucket:
            CfnOutput(self, "AuditBucketName", value=cap.audit_bucket.bucket_name)
        CfnOutput(self, "ReleaseDeadLettersUrl", value=release.queue.queue_url)
