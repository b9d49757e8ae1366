"""The Pinpoint project that the other patterns work on."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import EmailChannel, PinpointProject, SmsChannel


class ProjectStack(Stack):
    """One project, with the channels for e-mail and text messages on.

    Args:
        from_address: The sender of its e-mail; its identity has to be verified in SES.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, from_address: str = "news@example.com"
    ) -> None:
        super().__init__(scope, construct_id, description="A Pinpoint project")
        identity = self.format_arn(
            service="ses", resource="identity", resource_name=from_address.rpartition("@")[2]
        )
        self.project = PinpointProject(
            self,
            "Project",
            name="pinpoint-patterns",
            email=EmailChannel(from_address=from_address, identity=identity),
            sms=SmsChannel(),
        )
        CfnOutput(self, "ApplicationId", value=self.project.application_id)
