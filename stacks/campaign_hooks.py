"""Three hooks: one caps how much a user gets, one records who was targeted, one asks for offers."""

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from pinpoint_patterns import (
    Audit,
    CampaignHook,
    Deny,
    EventStream,
    FetchedAttributes,
    FrequencyCap,
    IPinpointProject,
    PatternDashboard,
)


class CampaignHooksStack(Stack):
    """What campaigns name as Hook; all record what they decide.

    Args:
        project: Whose campaigns.
        events: The stream that tells what was not sent.
        frequency_cap: Messages a user may get in the window.
        frequency_window: The window.
        attributes_url: Where the offer of each endpoint is asked for at the moment of sending.
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
        attributes_url: str,
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
        offer = CampaignHook(
            self,
            "Offer",
            project=project,
            filters=[
                FetchedAttributes(url=attributes_url, names=["Offer"], fallback={"Offer": ["our thanks"]}),
                Audit(bucket=cap.audit_bucket),
            ],
        )
        CfnOutput(self, "FrequencyCapFunctionArn", value=cap.function.function_arn)
        CfnOutput(self, "AuditFunctionArn", value=audit.function.function_arn)
        if cap.audit_bucket:
            CfnOutput(self, "AuditBucketName", value=cap.audit_bucket.bucket_name)
        CfnOutput(self, "OfferFunctionArn", value=offer.function.function_arn)
        if offer.fetch_secret:
            CfnOutput(self, "OfferSecretArn", value=offer.fetch_secret.secret_arn)
        CfnOutput(self, "ReleaseDeadLettersUrl", value=release.queue.queue_url)
        hooks = {"Frequency cap": cap, "Audit": audit, "Offer": offer}
        self.personal_stores = [store for hook in hooks.values() for store in hook.personal_stores]
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[
                alarm for hook in hooks.values() for alarm in (hook.duration_alarm, hook.hook.error_alarm)
            ],
            counts={"Endpoints": CampaignHook.metrics_of_endpoints()},
            dead_letters={"Release": release.queue},
            functions={title: hook.function for title, hook in hooks.items()},
        )
