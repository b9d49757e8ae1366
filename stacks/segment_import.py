"""Files put into a bucket become segments."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import ImportBucket, IPinpointProject


class SegmentImportStack(Stack):
    """A bucket: what is put under `segments/<name>/` is checked, imported and reported on."""

    def __init__(self, scope: Construct, construct_id: str, *, project: IPinpointProject) -> None:
        super().__init__(scope, construct_id, description="Files in a bucket become Pinpoint segments")
        bucket = ImportBucket(self, "Import", project=project)
        segments = bucket.imports_segments()
        CfnOutput(self, "BucketName", value=bucket.bucket.bucket_name)
        CfnOutput(self, "NotificationTopicArn", value=segments.topic.topic_arn)
        CfnOutput(self, "StateMachineArn", value=segments.state_machine.state_machine_arn)
