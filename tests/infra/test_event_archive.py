"""An archive of events: who writes and reads it, how it lies, how long it is kept, what is asked of it."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from pinpoint_patterns import EventStream, IPinpointProject
from pinpoint_patterns._event_table import EVENT_TYPES
from tests.support.templates import (
    APPLICATION_ID,
    a_function,
    flat,
    only,
    plain,
    reach,
    resources,
    template_of,
    thresholds,
)

DELIVERY = "AWS::KinesisFirehose::DeliveryStream"
QUERIES = {
    "delivery-rate-by-campaign",
    "bounce-rate-by-campaign",
    "open-rate-by-campaign",
    "unique-opens-by-day",
    "complaints-by-campaign",
}


def archived(**options: Any) -> Template:
    """An archive, and an analyst's function that asks it."""

    def build(stack: Stack, project: IPinpointProject) -> None:
        archive = EventStream(stack, "Stream", project=project).archive(**options)
        archive.grant_query(a_function(stack, "Analyst").function)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return archived()


def destination(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = only(template, DELIVERY).get("ExtendedS3DestinationConfiguration", {})
    return found


def parameters(template: Template) -> dict[str, str]:
    processing = destination(template).get("ProcessingConfiguration", {})
    return {
        parameter["ParameterName"]: parameter["ParameterValue"]
        for processor in (processing.get("Processors", []) if processing.get("Enabled") else [])
        for parameter in processor["Parameters"]
    }


def table(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = only(template, "AWS::Glue::Table").get("TableInput", {})
    return found


def test_firehose_reads_this_stream_and_writes_two_prefixes_and_its_log(template: Template) -> None:
    bucket = "<StreamArchiveBucket.Arn>"
    objects = {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
    assert reach(template, "StreamArchiveDelivery") == {
        "<Stream.Arn>": {
            "kinesis:DescribeStream",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        },
        "<StreamKey.Arn>": {"kms:Decrypt"},
        f"{bucket}/events/*": objects,
        f"{bucket}/errors/*": objects,
        bucket: {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
    }


def test_firehose_writes_what_it_could_not_deliver_to_its_own_log(template: Template) -> None:
    log = "<StreamArchiveDeliveryLogs>:log-stream:<StreamArchiveDeliveryLogStream>"
    assert [
        plain(flat(statement["Resource"]))
        for policy in resources(template, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "logs:PutLogEvents"
    ] == [f"arn:<AWS::Partition>:logs:eu-west-1:111122223333:log-group:{log}"]
    logging = destination(template).get("CloudWatchLoggingOptions", {})
    assert logging.get("Enabled") is True
    assert plain(flat(logging.get("LogGroupName", ""))) == "<StreamArchiveDeliveryLogs>"


def test_only_firehose_for_this_account_takes_the_delivery_role(template: Template) -> None:
    role = only(template, "AWS::IAM::Role", "StreamArchiveDeliveryRole")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert statement.get("Condition") == {"StringEquals": {"sts:ExternalId": "111122223333"}}


def test_an_analyst_asks_the_workgroup_and_reads_events_but_writes_answers_only(template: Template) -> None:
    glue = {"glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"}
    aws = "arn:<AWS::Partition>"
    of = {
        key.replace("eu-west-1:111122223333:", ""): value for key, value in reach(template, "Analyst").items()
    }
    database = "<StreamArchiveEventsDatabase>"
    assert of == {
        f"{aws}:athena:workgroup/<StreamArchiveWorkgroup>": {
            "athena:BatchGetNamedQuery",
            "athena:GetNamedQuery",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:ListNamedQueries",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        },
        f"{aws}:glue:catalog": glue,
        f"{aws}:glue:database/{database}": glue,
        f"{aws}:glue:table/{database}/events": glue,
        "<StreamArchiveBucket.Arn>": {"s3:GetBucketLocation", "s3:ListBucket"},
        "<StreamArchiveBucket.Arn>/events/*": {"s3:GetObject"},
        "<StreamArchiveBucket.Arn>/query-results/*": {
            "s3:AbortMultipartUpload",
            "s3:GetObject",
            "s3:PutObject",
        },
        "<AnalystDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_events_are_read_from_the_stream_once_firehose_may(template: Template) -> None:
    (delivery,) = template.find_resources(DELIVERY).values()
    properties = delivery["Properties"]
    assert properties.get("DeliveryStreamType") == "KinesisStreamAsSource"
    source = properties.get("KinesisStreamSourceConfiguration", {})
    assert plain(flat(source.get("KinesisStreamARN", ""))) == "<Stream.Arn>"
    (policy,) = (name for name in template.find_resources("AWS::IAM::Policy") if "DeliveryDeliver" in name)
    assert policy in delivery.get("DependsOn", [])


def test_files_are_compressed_and_gathered_for_five_minutes(template: Template) -> None:
    found = destination(template)
    assert (found.get("CompressionFormat"), found.get("FileExtension")) == ("GZIP", ".json.gz")
    assert found.get("BufferingHints") == {"IntervalInSeconds": 300, "SizeInMBs": 64}


def test_events_lie_by_application_type_and_day_each_on_a_line(template: Template) -> None:
    found = destination(template)
    assert found.get("DynamicPartitioningConfiguration", {}).get("Enabled") is True
    names = ("application_id", "event_type", "day")
    folders = "/".join(f"{name}=!{{partitionKeyFromQuery:{name}}}" for name in names)
    assert found.get("Prefix") == f"events/{folders}/!{{timestamp:HH}}-"
    given = parameters(template)
    assert given.get("JsonParsingEngine") == "JQ-1.6"
    assert given.get("Delimiter") == "\\n"
    assert all(f"{name}:" in given.get("MetadataExtractionQuery", "") for name in names)
    # Firehose's limit.
    assert len(given.get("MetadataExtractionQuery", "")) <= 5120


def test_what_is_no_event_goes_to_a_prefix_of_its_own(template: Template) -> None:
    prefix = "errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/"
    assert destination(template).get("ErrorOutputPrefix") == prefix


def test_events_move_to_infrequent_access_and_go_after_a_year(template: Template) -> None:
    rules = only(template, "AWS::S3::Bucket").get("LifecycleConfiguration", {}).get("Rules", [])
    assert [(rule.get("Prefix"), rule.get("ExpirationInDays")) for rule in rules] == [
        ("events/", 365),
        ("errors/", 30),
        ("query-results/", 30),
    ]
    assert rules[0].get("Transitions") == [{"StorageClass": "STANDARD_IA", "TransitionInDays": 30}]


def test_the_table_lies_over_the_files_and_needs_no_crawler(template: Template) -> None:
    found = table(template)
    parameters = found.get("Parameters", {})
    bucket = "s3://<StreamArchiveBucket>/events/"
    assert [key["Name"] for key in found.get("PartitionKeys", [])] == ["application_id", "event_type", "day"]
    assert plain(flat(found.get("StorageDescriptor", {}).get("Location", ""))) == bucket
    assert plain(flat(parameters.get("storage.location.template", ""))) == (
        f"{bucket}application_id=${{application_id}}/event_type=${{event_type}}/day=${{day}}/"
    )
    assert parameters.get("projection.enabled") == "true"
    assert parameters.get("projection.application_id.type") == "injected"
    assert parameters.get("projection.event_type.values", "").split(",") == [*EVENT_TYPES, "other"]
    assert parameters.get("projection.day.range") == "NOW-365DAYS,NOW"
    assert parameters.get("projection.day.format") == "yyyy-MM-dd"


def test_no_column_has_the_name_of_a_partition(template: Template) -> None:
    found = table(template)
    storage = found.get("StorageDescriptor", {})
    columns = {column["Name"] for column in storage.get("Columns", [])}
    assert columns >= {"event_name", "client", "attributes", "facets"}
    assert not columns & {key["Name"] for key in found["PartitionKeys"]}
    serde = storage.get("SerdeInfo", {})
    assert serde.get("SerializationLibrary") == "org.openx.data.jsonserde.JsonSerDe"
    assert serde.get("Parameters") == {"mapping.event_name": "event_type"}


def test_answers_are_encrypted_bounded_and_go_where_the_workgroup_says(template: Template) -> None:
    configuration = only(template, "AWS::Athena::WorkGroup").get("WorkGroupConfiguration", {})
    assert configuration.get("EnforceWorkGroupConfiguration") is True
    assert configuration.get("BytesScannedCutoffPerQuery") == 100 * 1024**3
    results = configuration.get("ResultConfiguration", {})
    assert results.get("EncryptionConfiguration") == {"EncryptionOption": "SSE_S3"}
    location = plain(flat(results.get("OutputLocation", "")))
    assert location == "s3://<StreamArchiveBucket>/query-results/"


def test_queries_are_saved_in_the_workgroup_for_this_application(template: Template) -> None:
    found = resources(template, "AWS::Athena::NamedQuery").values()
    assert {query.get("Name") for query in found} == QUERIES
    for query in found:
        assert plain(flat(query.get("WorkGroup", ""))) == "<StreamArchiveWorkgroup>"
        assert plain(flat(query.get("Database", ""))) == "<StreamArchiveEventsDatabase>"
        assert f"application_id = '{APPLICATION_ID}'" in query.get("QueryString", "")
        assert "day >= " in query.get("QueryString", "")


def test_an_alarm_rings_while_the_stream_still_holds_what_is_late(template: Template) -> None:
    half_a_day = 12 * 3600
    assert thresholds(template) == {
        "StreamArchiveLagAlarm": ("DeliveryToS3.DataFreshness", ">=", half_a_day),
        "StreamArchivePartitionsAlarm": ("ActivePartitionsLimitExceeded", ">=", 1),
    }


def test_a_key_of_ones_own_encrypts_files_and_answers() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        key = kms.Key.from_key_arn(stack, "Own", "arn:aws:kms:eu-west-1:111122223333:key/own")
        archive = EventStream(stack, "Stream", project=project).archive(encryption_key=key)
        archive.grant_query(a_function(stack, "Analyst").function)

    template = template_of(build)
    key = "arn:aws:kms:eu-west-1:111122223333:key/own"
    assert destination(template)["EncryptionConfiguration"] == {"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}
    results = only(template, "AWS::Athena::WorkGroup")["WorkGroupConfiguration"]["ResultConfiguration"]
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    assert reach(template, "StreamArchiveDelivery")[key] == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert reach(template, "Analyst")[key] == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_a_bucket_of_ones_own_is_written_to_and_left_as_it_is() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        own = s3.Bucket.from_bucket_name(stack, "Own", "lake")
        EventStream(stack, "Stream", project=project).archive(own)

    template = template_of(build)
    template.resource_count_is("AWS::S3::Bucket", 0)
    assert flat(destination(template)["BucketARN"]) == "arn:<AWS::Partition>:s3:::lake"


def test_how_long_events_are_kept_and_gathered_are_settings() -> None:
    template = archived(retention=Duration.days(90), buffering=Duration.minutes(15))
    rules = only(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rules[0]["ExpirationInDays"] == 90
    assert table(template)["Parameters"]["projection.day.range"] == "NOW-90DAYS,NOW"
    assert destination(template)["BufferingHints"]["IntervalInSeconds"] == 900


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"retention": Duration.days(30)}, "retention must be more than 30 days, got 30"),
        ({"buffering": Duration.seconds(30)}, "buffering must be 1 to 15 minutes, got 30 seconds"),
        ({"buffering": Duration.minutes(16)}, "buffering must be 1 to 15 minutes, got 960 seconds"),
    ],
)
def test_times_that_aws_does_not_offer_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        archived(**options)
