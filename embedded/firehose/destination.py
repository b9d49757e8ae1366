"""What a Firehose stream's S3 destination was told, and what AWS refuses to be told.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import jq

_MEBIBYTE: Final = 1024 * 1024
_DEFAULT_HINTS: Final = {"SizeInMBs": 5, "IntervalInSeconds": 300}
_LEAST_PARTITIONED_MIB: Final = 64
_EXTENSIONS: Final = {"GZIP": ".gz"}


class Refused(ValueError):
    """A configuration that AWS does not take; the message says why."""


@dataclass(frozen=True)
class Destination:
    """Where records go, and how.

    Attributes:
        prefix, error_prefix: Templates of the names of files, for records and for what failed.
        size: Bytes that make a buffer full.
        interval: Seconds that make it old.
        key: ARN of the key that files are encrypted with; empty for the bucket's own way.
        query: The jq program that takes partition keys out of a record; empty without partitions.
        delimiter: What is put after each record.
    """

    bucket_arn: str
    role_arn: str
    prefix: str
    error_prefix: str
    time_zone: str
    size: int
    interval: float
    is_gzipped: bool
    extension: str
    key: str
    query: str
    delimiter: bytes

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The destination that an `ExtendedS3DestinationConfiguration` describes.

        Raises:
            Refused: AWS does not take it.
        """
        hints = settings.get("BufferingHints") or _DEFAULT_HINTS
        compression = settings.get("CompressionFormat", "UNCOMPRESSED")
        if compression not in ("UNCOMPRESSED", "GZIP"):
            raise Refused(f"the embedded Firehose compresses with GZIP only, not {compression}")
        encryption = (settings.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig") or {}
        is_partitioned = (settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled", False)
        destination = cls(
            bucket_arn=settings["BucketARN"],
            role_arn=settings["RoleARN"],
            prefix=settings.get("Prefix", ""),
            error_prefix=settings.get("ErrorOutputPrefix", ""),
            time_zone=settings.get("CustomTimeZone") or "UTC",
            size=int(hints["SizeInMBs"]) * _MEBIBYTE,
            interval=float(hints["IntervalInSeconds"]),
            is_gzipped=compression == "GZIP",
            extension=settings.get("FileExtension") or _EXTENSIONS.get(compression, ""),
            key=encryption.get("AWSKMSKeyARN", ""),
            query=_parameter(settings, "MetadataExtraction", "MetadataExtractionQuery"),
            delimiter=_delimiter(settings),
        )
        destination.check(is_partitioned=is_partitioned)
        return destination

    def check(self, *, is_partitioned: bool) -> None:
        """Refuse what AWS refuses.

        Raises:
            Refused: With AWS's reason, in short.
        """
        if "!{" in self.prefix and "!{firehose:error-output-type}" not in self.error_prefix:
            raise Refused(
                "ErrorOutputPrefix has to hold !{firehose:error-output-type} if Prefix is evaluated"
            )
        if "!{partitionKeyFrom" in self.prefix and not is_partitioned:
            raise Refused("Prefix names partition keys, and dynamic partitioning is not enabled")
        if is_partitioned and self.size < _LEAST_PARTITIONED_MIB * _MEBIBYTE:
            raise Refused(f"BufferingHints.SizeInMBs is at least {_LEAST_PARTITIONED_MIB} when partitioning")
        if self.query:
            try:
                jq.compile(self.query)
            except ValueError as error:
                raise Refused(f"MetadataExtractionQuery is no jq program: {error}") from None


def _parameters(settings: Mapping[str, Any], kind: str) -> Iterator[dict[str, str]]:
    processing = settings.get("ProcessingConfiguration") or {}
    for processor in (processing.get("Processors") or []) if processing.get("Enabled") else []:
        if processor["Type"] == kind:
            yield {
                each["ParameterName"]: each["ParameterValue"] for each in processor.get("Parameters") or []
            }


def _parameter(settings: Mapping[str, Any], kind: str, name: str) -> str:
    return next((each.get(name, "") for each in _parameters(settings, kind)), "")


def _delimiter(settings: Mapping[str, Any]) -> bytes:
    for parameters in _parameters(settings, "AppendDelimiterToRecord"):
        return parameters.get("Delimiter", "\\n").replace("\\n", "\n").encode()
    return b""
