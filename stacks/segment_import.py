"""Files put into a bucket become segments."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import (
    ByEmail,
    EmailTemplate,
    ImportBucket,
    IPinpointProject,
    PatternDashboard,
    ThenSend,
)

_TEXT = (
    "Hello {{User.UserAttributes.FirstName}}, there is news about {{Attributes.Interests.[0]}}"
    "{{#if Attributes.Interests.[1]}} and {{Attributes.Interests.[1]}}{{/if}}."
)


class SegmentImportStack(Stack):
    """A bucket: what is put under `segments/<name>/` is checked, imported and reported on.

    What is put under `sends/<name>/` is also sent to, by e-mail and one file after the other.
    """

    def __init__(self, scope: Construct, construct_id: str, *, project: IPinpointProject) -> None:
        super().__init__(scope, construct_id, description="Files in a bucket become Pinpoint segments")
        news = EmailTemplate(
            self,
            "News",
            name="patterns-news",
            subject="News for {{User.UserAttributes.FirstName}}",
            html=f"<p>{_TEXT}</p>",
            text=_TEXT,
            default_substitutions={"User.UserAttributes.FirstName": "friend"},
        )
        bucket = ImportBucket(self, "Import", project=project)
        self.personal_stores = bucket.personal_stores
        segments = bucket.imports_segments()
        sends = bucket.imports_segments(then_send=ThenSend(ByEmail(news.template_name)))
        for name, value in {
            "BucketName": bucket.bucket.bucket_name,
            "NotificationTopicArn": segments.topic.topic_arn,
            "StateMachineArn": segments.state_machine.state_machine_arn,
            "SendsNotificationTopicArn": sends.topic.topic_arn,
            "SendsStateMachineArn": sends.state_machine.state_machine_arn,
            "EmailTemplateName": news.template_name,
        }.items():
            CfnOutput(self, name, value=value)
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[segments.alarm, sends.alarm, segments.dead_letters.alarm, sends.dead_letters.alarm],
            counts={
                "Segments: files": segments.metrics_of_files,
                "Segments: rows": segments.metrics_of_rows,
                "Sends: files and campaigns": [*sends.metrics_of_files, *sends.metrics_of_campaigns],
                "Sends: rows": sends.metrics_of_rows,
            },
            dead_letters={"Segments": segments.dead_letters.queue, "Sends": sends.dead_letters.queue},
            functions={
                f"{title}: {each.node.id}": each.function
                for title, imports in (("Segments", segments), ("Sends", sends))
                for each in imports.functions
            },
        )
