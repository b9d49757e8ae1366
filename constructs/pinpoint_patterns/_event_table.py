"""The Glue table over a project's archived events: its columns, its partitions, and how both are told apart.

Partitions are projected: Athena works out which there are from the table's own properties, so that no
crawler has to run before a day can be queried.

See https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html.
"""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from constructs import Construct

TABLE: Final = "events"
OTHER: Final = "other"
"""The partition of events whose type is none of Pinpoint's own."""

EVENT_TYPES: Final = (
    *(
        f"_campaign.{name}"
        for name in ("send", "opened_notification", "received_foreground", "received_background")
    ),
    "_journey.send",
    *(
        f"_email.{name}"
        for name in (
            "send",
            "delivered",
            "rejected",
            "hardbounce",
            "softbounce",
            "complaint",
            "open",
            "click",
            "unsubscribe",
            "rendering_failure",
        )
    ),
    *(f"_SMS.{name}" for name in ("BUFFERED", "SUCCESS", "FAILURE", "OPTOUT")),
    *(f"_session.{name}" for name in ("start", "stop", "pause", "resume")),
    *(f"_userauth.{name}" for name in ("sign_in", "sign_up", "auth_fail")),
    "_monetization.purchase",
)
"""Pinpoint's own event types: https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams.html."""

_PLACE: Final = "struct<code:string,country:string,language:string>"
_RECIPIENTS: Final = "array<struct<email_address:string,action:string,status:string,diagnostic_code:string>>"
_MAIL: Final = (
    "struct<message_id:string,from_address:string,destination:array<string>,"
    "common_headers:struct<from:string,to:array<string>,subject:string>>"
)
_MAIL_EVENT: Final = (
    f"struct<mail:{_MAIL},"
    "delivery:struct<smtp_response:string,recipients:array<string>,processing_time_millis:bigint>,"
    "open:struct<ip_address:string,user_agent:string>,"
    "click:struct<ip_address:string,user_agent:string,link:string>,"
    "reject:struct<reason:string>,"
    f"bounce:struct<bounce_type:string,bounce_sub_type:string,bounced_recipients:{_RECIPIENTS}>,"
    "complaint:struct<complained_recipients:array<struct<email_address:string>>,"
    "complaint_feedback_type:string>>"
)

COLUMNS: Final[Mapping[str, str]] = {
    "event_name": "string",
    "event_timestamp": "bigint",
    "arrival_timestamp": "bigint",
    "event_version": "string",
    "application": "struct<app_id:string,package_name:string,title:string,version_code:string>",
    "client": "struct<client_id:string>",
    "device": (
        f"struct<platform:struct<name:string,version:string>,locale:{_PLACE},make:string,model:string>"
    ),
    "session": "struct<session_id:string,start_timestamp:string,stop_timestamp:string>",
    "attributes": "map<string,string>",
    "metrics": "map<string,double>",
    "client_context": "struct<custom:map<string,string>>",
    "facets": f"struct<email_channel:struct<mail_event:{_MAIL_EVENT}>>",
}
"""The columns with their Hive types. What an event has beside them stays in the files."""

PARTITIONS: Final = ("application_id", "event_type", "day")


class EventTable(Construct):
    """A Glue database with one table, `events`, over Hive-style folders of gzip'd JSON lines.

    Args:
        location: Where the folders begin, `s3://<bucket>/<prefix>/`.
        days: How many days back partitions are looked for.
        database_name: Lower case, unique in the account and Region.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, location: str, days: int, database_name: str
    ) -> None:
        super().__init__(scope, construct_id)
        catalog = Stack.of(self).account
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=catalog,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name, description="The archived events of a Pinpoint project"
            ),
        )
        self.table = glue.CfnTable(
            self,
            "Table",
            catalog_id=catalog,
            database_name=self.database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name=TABLE,
                description="One row an event as it was streamed; redelivered events come twice",
                table_type="EXTERNAL_TABLE",
                partition_keys=[_column(name, "string") for name in PARTITIONS],
                storage_descriptor=_storage(location),
                parameters={"classification": "json", "EXTERNAL": "TRUE", **_projection(location, days)},
            ),
        )


def _storage(location: str) -> glue.CfnTable.StorageDescriptorProperty:
    return glue.CfnTable.StorageDescriptorProperty(
        location=location,
        columns=[_column(name, kind) for name, kind in COLUMNS.items()],
        compressed=True,
        input_format="org.apache.hadoop.mapred.TextInputFormat",
        output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        serde_info=glue.CfnTable.SerdeInfoProperty(
            serialization_library="org.openx.data.jsonserde.JsonSerDe",
            # A column and a partition cannot share a name, and the partition lumps custom types together.
            parameters={"mapping.event_name": "event_type"},
        ),
    )


def _projection(location: str, days: int) -> dict[str, str]:
    folders = "/".join(f"{name}=${{{name}}}" for name in PARTITIONS)
    return {
        "projection.enabled": "true",
        # Whoever queries says for which application: several may share a stream.
        "projection.application_id.type": "injected",
        "projection.event_type.type": "enum",
        "projection.event_type.values": ",".join((*EVENT_TYPES, OTHER)),
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": f"NOW-{days}DAYS,NOW",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": f"{location}{folders}/",
    }


def _column(name: str, kind: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=kind)
