"""Templates broken on purpose, each in one place."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from aws_cdk.assertions import Template

from tests.support.templates import listed

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutation:
    """A template with one thing wrong.

    Attributes:
        name: The logical id of what was broken, a dot, and what is wrong with it.
        template: All of the template.
    """

    name: str
    template: dict[str, Any]


class BrokenTemplate:
    """Answers what tests ask of a `Template`, without a way to Node.js for what needs no matcher."""

    def __init__(self, template: dict[str, Any]) -> None:
        self._template = template

    def to_json(self) -> dict[str, Any]:
        return self._template

    def find_resources(self, kind: str) -> dict[str, Any]:
        return {name: it for name, it in self._template["Resources"].items() if it["Type"] == kind}

    def resource_count_is(self, kind: str, count: int) -> None:
        assert len(self.find_resources(kind)) == count

    def has_resource(self, kind: str, properties: Any) -> None:
        self._matching.has_resource(kind, properties)

    def has_resource_properties(self, kind: str, properties: Any) -> None:
        self._matching.has_resource_properties(kind, properties)

    @cached_property
    def _matching(self) -> Template:
        return Template.from_json(self._template)


# What breaks a promise when it is gone, by type; and the values that break it as well.
PROPERTIES: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "AWS::ApiGateway::Method": {"AuthorizationType": ["NONE"]},
    "AWS::ApiGateway::RestApi": {"EndpointConfiguration": []},
    "AWS::ApiGateway::Stage": {"AccessLogSetting": [], "MethodSettings": [[]], "StageName": ["prod"]},
    "AWS::Athena::NamedQuery": {
        "WorkGroup": ["primary"],
        "Database": ["default"],
        "QueryString": ["SELECT 1"],
    },
    "AWS::Athena::WorkGroup": {
        "WorkGroupConfiguration.EnforceWorkGroupConfiguration": [False],
        "WorkGroupConfiguration.BytesScannedCutoffPerQuery": [],
        "WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration": [],
        "WorkGroupConfiguration.ResultConfiguration.OutputLocation": ["s3://elsewhere/"],
    },
    "AWS::CloudWatch::Alarm": {
        "Threshold": [1_000_000_000],
        "MetricName": ["Nothing"],
        "ComparisonOperator": ["LessThanThreshold"],
    },
    "AWS::DynamoDB::GlobalTable": {
        "BillingMode": ["PROVISIONED"],
        "SSESpecification": [{"SSEEnabled": False}],
        "TimeToLiveSpecification": [{"AttributeName": "ttl", "Enabled": False}],
        "Replicas.0.PointInTimeRecoverySpecification": [{"PointInTimeRecoveryEnabled": False}],
        "KeySchema": [[{"AttributeName": "id", "KeyType": "HASH"}]],
        "KeySchema.1": [],
    },
    "AWS::Events::Rule": {
        "Targets": [[]],
        "Targets.0.DeadLetterConfig": [],
        "EventPattern": [{"source": ["aws.ec2"]}],
        "State": ["DISABLED"],
    },
    "AWS::Glue::Table": {
        "TableInput.Parameters": [{}],
        "TableInput.PartitionKeys": [[]],
        "TableInput.StorageDescriptor.Location": ["s3://elsewhere/"],
        "TableInput.StorageDescriptor.SerdeInfo.Parameters": [{}],
    },
    "AWS::IAM::Role": {
        "AssumeRolePolicyDocument.Statement.0.Condition": [],
        "AssumeRolePolicyDocument.Statement.1": [],
        "AssumeRolePolicyDocument.Statement.1.Condition": [],
        "RoleName": [],
        "Tags": [],
    },
    "AWS::KMS::Key": {"EnableKeyRotation": [False]},
    "AWS::Kinesis::Stream": {
        "StreamEncryption": [],
        "StreamModeDetails": [{"StreamMode": "PROVISIONED"}],
        "RetentionPeriodHours": [1],
    },
    "AWS::KinesisFirehose::DeliveryStream": {
        "DeliveryStreamType": ["DirectPut"],
        "ExtendedS3DestinationConfiguration.BufferingHints": [{"SizeInMBs": 64, "IntervalInSeconds": 0}],
        "ExtendedS3DestinationConfiguration.CloudWatchLoggingOptions": [{"Enabled": False}],
        "ExtendedS3DestinationConfiguration.CompressionFormat": ["UNCOMPRESSED"],
        "ExtendedS3DestinationConfiguration.DynamicPartitioningConfiguration": [{"Enabled": False}],
        "ExtendedS3DestinationConfiguration.ErrorOutputPrefix": ["events/"],
        "ExtendedS3DestinationConfiguration.FileExtension": [".json"],
        "ExtendedS3DestinationConfiguration.Prefix": ["events/"],
        "ExtendedS3DestinationConfiguration.ProcessingConfiguration": [{"Enabled": False}],
        "ExtendedS3DestinationConfiguration.ProcessingConfiguration.Processors.1": [],
    },
    "AWS::Lambda::EventSourceMapping": {
        "BatchSize": [10_000],
        "BisectBatchOnFunctionError": [False],
        "DestinationConfig": [],
        "FunctionResponseTypes": [[]],
        "MaximumRecordAgeInSeconds": [60],
        "MaximumRetryAttempts": [0],
        "ScalingConfig": [{"MaximumConcurrency": 1000}],
        "StartingPosition": ["LATEST"],
    },
    "AWS::Lambda::Function": {
        "DeadLetterConfig": [],
        "FunctionName": [],
        "Handler": ["nowhere.handler.handler"],
        "Layers": [[]],
        "Layers.1": [],
        "LoggingConfig": [{"LogFormat": "Text"}],
        "ReservedConcurrentExecutions": [],
        "Timeout": [3, 901],
    },
    "AWS::Lambda::Permission": {"SourceAccount": [], "SourceArn": ["*"], "Principal": ["*"]},
    "AWS::Logs::LogGroup": {"RetentionInDays": [1]},
    "AWS::Pinpoint::ApplicationSettings": {"CampaignHook": [], "Limits": [{}], "QuietTime": []},
    "AWS::Pinpoint::EmailChannel": {"Enabled": [False], "FromAddress": [], "Identity": []},
    "AWS::Pinpoint::EventStream": {"DestinationStreamArn": [""], "RoleArn": [""]},
    "AWS::Pinpoint::SMSChannel": {"Enabled": [False], "SenderId": []},
    "AWS::Pinpoint::VoiceChannel": {"Enabled": [False]},
    "AWS::S3::Bucket": {
        "BucketEncryption": [],
        "LifecycleConfiguration": [{"Rules": [{"Status": "Enabled", "Prefix": ""}]}],
        "NotificationConfiguration": [],
        "OwnershipControls": [],
        "PublicAccessBlockConfiguration": [],
        "PublicAccessBlockConfiguration.BlockPublicPolicy": [False],
        "VersioningConfiguration": [{"Status": "Suspended"}],
    },
    "AWS::SES::ConfigurationSetEventDestination": {"EventDestination.Enabled": [False]},
    "AWS::SNS::Topic": {"KmsMasterKeyId": []},
    "AWS::SQS::Queue": {
        "MessageRetentionPeriod": [60],
        "RedrivePolicy": [],
        "RedrivePolicy.maxReceiveCount": [1],
        "SqsManagedSseEnabled": [False],
        "VisibilityTimeout": [3],
    },
    "AWS::SSM::Parameter": {"Name": ["/other"]},
    "AWS::SecretsManager::Secret": {"GenerateSecretString": []},
    "AWS::StepFunctions::StateMachine": {
        "LoggingConfiguration": [],
        "LoggingConfiguration.Level": ["OFF"],
        "TracingConfiguration": [{"Enabled": False}],
    },
    "Custom::PinpointApp": {"ServiceToken": []},
    "Custom::PinpointEventStream": {"ServiceToken": [], "RoleArn": [""]},
    "Custom::PinpointGrant": {"ServiceToken": [], "SourceArn": [["*"]], "SourceAccount": []},
}

# What has to be there as a whole.
WHOLE: Final = (
    "AWS::CloudWatch::Alarm",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "Custom::PinpointGrant",
)

# What says who may do what, and where it says so.
POLICIES: Final = {
    "AWS::IAM::Policy": "PolicyDocument",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}


def dropped_grants(template: dict[str, Any]) -> Iterator[Mutation]:
    """Each action of each policy of a role gone, and each statement of a resource's own policy.

    An action that another statement of the policy allows on the same resources is not lost, and left out.
    """
    for name, kind, place, statement in _statements(template):
        if kind == "AWS::IAM::Policy":
            actions = listed(statement["Action"])
            for action in actions:
                if _allowed_elsewhere(template, name, statement, action):
                    continue
                kept = [other for other in actions if other != action]
                yield _set(template, name, (*place, "Action"), kept, f"without {action}")
        else:
            yield _drop(template, name, place, f"without {statement.get('Sid', statement['Action'])}")


def widened_grants(template: dict[str, Any]) -> Iterator[Mutation]:
    """Each resource of each policy become every resource, and each condition gone."""
    for name, kind, place, statement in _statements(template):
        if "Condition" in statement:
            yield _drop(template, name, (*place, "Condition"), f"condition of {statement['Action']}")
        if kind != "AWS::IAM::Policy":
            continue
        for position, resource in enumerate(listed(statement["Resource"])):
            if resource != "*":
                wider = list(listed(statement["Resource"]))
                wider[position] = "*"
                yield _set(
                    template, name, (*place, "Resource"), wider, f"{statement['Action']} on everything"
                )


def dropped_properties(template: dict[str, Any]) -> Iterator[Mutation]:
    """Each property that matters gone, each environment variable, and the order to keep a store."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for dotted in PROPERTIES.get(resource["Type"], {}):
            path = _path(dotted)
            if _holds(properties, path):
                yield _drop(template, name, ("Properties", *path), f"without {dotted}")
        for variable in properties.get("Environment", {}).get("Variables", {}):
            place = ("Properties", "Environment", "Variables", variable)
            yield _drop(template, name, place, f"without {variable}")
        if "Retain" in resource.values():
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                yield _drop(template, name, (policy,), f"without {policy}")


def changed_properties(template: dict[str, Any]) -> Iterator[Mutation]:
    """Each property that matters at a value that breaks its promise."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for dotted, values in PROPERTIES.get(resource["Type"], {}).items():
            path = _path(dotted)
            for value in values if _holds(properties, path) else ():
                changed = _set(template, name, ("Properties", *path), value, f"{dotted} = {value}")
                # What a template says on purpose, such as a method that is open, is no break.
                if changed.template != template:
                    yield changed


def dropped_resources(template: dict[str, Any]) -> Iterator[Mutation]:
    """Each alarm, policy, permission, rule and mapping gone as a whole."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in WHOLE:
            kept = {other: it for other, it in template["Resources"].items() if other != name}
            yield Mutation(f"{name}.gone", {**template, "Resources": kept})


def _statements(template: dict[str, Any]) -> Iterator[tuple[str, str, Path, dict[str, Any]]]:
    """The logical id, type and place of each statement, and the statement."""
    for name, resource in template["Resources"].items():
        document = POLICIES.get(resource["Type"])
        if document:
            for position, statement in enumerate(resource["Properties"][document]["Statement"]):
                place: Path = ("Properties", document, "Statement", position)
                yield name, resource["Type"], place, statement


def _allowed_elsewhere(template: dict[str, Any], name: str, statement: dict[str, Any], action: str) -> bool:
    return any(
        other is not statement
        and action in listed(other["Action"])
        and all(resource in listed(other["Resource"]) for resource in listed(statement["Resource"]))
        for other in template["Resources"][name]["Properties"]["PolicyDocument"]["Statement"]
    )


def _path(dotted: str) -> Path:
    return tuple(int(part) if part.isdecimal() else part for part in dotted.split("."))


def _holds(value: Any, path: Path) -> bool:
    for part in path:
        there = part in value if isinstance(value, dict) else part in range(len(value))
        if not there:
            return False
        value = value[part]
    return True


def _set(template: dict[str, Any], name: str, path: Path, value: Any, what: str) -> Mutation:
    broken, holder = _opened(template, name, path)
    holder[path[-1]] = value
    return Mutation(f"{name}.{what}", broken)


def _drop(template: dict[str, Any], name: str, path: Path, what: str) -> Mutation:
    broken, holder = _opened(template, name, path)
    del holder[path[-1]]
    return Mutation(f"{name}.{what}", broken)


def _opened(template: dict[str, Any], name: str, path: Path) -> tuple[dict[str, Any], Any]:
    """A template in which one resource may be changed, and what holds the last part of a path there."""
    resource = copy.deepcopy(template["Resources"][name])
    holder = resource
    for part in path[:-1]:
        holder = holder[part]
    return {**template, "Resources": {**template["Resources"], name: resource}}, holder
