"""Puts buffers between ministack's Firehose and its S3."""

import base64
import dataclasses
import gzip
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from embedded.firehose.buffers import Buffer, Buffers
from embedded.firehose.destination import Destination, Refused
from embedded.firehose.partitions import Keys, Unpartitioned, keys_of
from embedded.ministack_names import find, replace
from embedded.service_iam.authority import account_of, role_refusal, trust_refusal
from embedded.service_iam.deliveries import put_object
from embedded.service_iam.mappings import reading_refusal

_FIREHOSE = "ministack.services.firehose"
_SERVICE: Final = "firehose.amazonaws.com"
_LONGEST_INTERVAL: Final = 2.0
_FAILED: Final = "processing-failed"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """What has the same place gets into the same file.

    Attributes:
        version: Of the stream's settings, which are in the file's name.
        source, source_role: The Kinesis stream that is read and the role for it; empty for put records.
        keys: The partition's.
        lambda_keys: Those that a transforming function gave.
        error: The type of failure, for files under the error prefix.
    """

    stream_arn: str
    version: int
    destination: Destination
    source: str
    source_role: str
    keys: Keys = ()
    lambda_keys: Keys = ()
    error: str = ""

    @property
    def name(self) -> str:
        """The Firehose stream's."""
        return self.stream_arn.rpartition("/")[2]


def install() -> None:
    """Gather what ministack delivers, and refuse to make what AWS refuses."""
    buffers: Buffers[Place] = Buffers()
    deliver = f"{_FIREHOSE}._deliver_records_to_s3"
    replace(deliver, _gathering(buffers, find(deliver)))
    create = _checking(find(f"{_FIREHOSE}._create_delivery_stream"))
    replace(f"{_FIREHOSE}._create_delivery_stream", create)
    find(f"{_FIREHOSE}._HANDLERS")["CreateDeliveryStream"] = create
    threading.Thread(target=_write_for_ever, args=(buffers,), name="firehose", daemon=True).start()


def _gathering(buffers: Buffers[Place], deliver_now: Callable[..., None]) -> Callable[..., None]:
    def gather(
        stream: Mapping[str, Any], settings: Mapping[str, Any], records: Sequence[tuple[str, bytes]]
    ) -> None:
        config: Mapping[str, Any] = settings["config"]
        conversion = config.get("DataFormatConversionConfiguration")
        if conversion and conversion.get("Enabled", True):
            deliver_now(stream, settings, records)
            return
        keys: dict[str, dict[str, str]] = {}
        process = find(f"{_FIREHOSE}._apply_lambda_processors")
        destination = Destination.of(config)
        for identity, data in process(stream, settings, list(records), partition_sink=keys):
            _gather(buffers, stream, destination, data, tuple(sorted(keys.get(identity, {}).items())))

    return gather


def _gather(
    buffers: Buffers[Place],
    stream: Mapping[str, Any],
    destination: Destination,
    data: bytes,
    lambda_keys: Keys,
) -> None:
    source = stream.get("kinesis_source") or {}
    place = Place(
        stream_arn=stream["arn"],
        version=stream["version"],
        destination=destination,
        source=source.get("KinesisStreamARN", ""),
        source_role=source.get("RoleARN", ""),
    )
    try:
        keys = keys_of(destination.query, data) if destination.query else ()
    except Unpartitioned as reason:
        place, line = dataclasses.replace(place, error=_FAILED), _failure(data, str(reason))
    else:
        place = dataclasses.replace(place, keys=keys, lambda_keys=lambda_keys)
        line = data + destination.delimiter
    interval = min(destination.interval, _LONGEST_INTERVAL)
    buffers.add(place, line, size=destination.size, interval=interval)


def _failure(data: bytes, reason: str) -> bytes:
    """A line of a file under the error prefix."""
    moment = int(time.time() * 1000)
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": moment,
        "errorCode": "DynamicPartitioning.MetadataExtractionFailed",
        "errorMessage": reason,
        "attemptEndingTimestamp": moment,
        "rawData": base64.b64encode(data).decode(),
    }
    return json.dumps(document).encode() + b"\n"


def _write_for_ever(buffers: Buffers[Place]) -> None:
    while True:
        buffers.wait()
        for place, buffer in buffers.take_due():
            _write(buffers, place, buffer)


def _write(buffers: Buffers[Place], place: Place, buffer: Buffer) -> None:
    region = place.stream_arn.split(":")[3]
    with find("ministack.core.responses.request_scope")(account_of(place.stream_arn), region):
        if place.name not in find(f"{_FIREHOSE}._streams"):
            return
        try:
            refusal = _refusal(place) or _put(place, buffer)
        except Exception:  # noqa: BLE001  (the one writer of all streams must survive any of them)
            _log.exception("%s: a file could not be made", place.stream_arn)
            return
    if refusal:
        _log.warning("%s waits: %s", place.stream_arn, refusal)
        buffers.put_back(place, buffer, after=_LONGEST_INTERVAL)


def _refusal(place: Place) -> str | None:
    """Why the roles do not let the file be written now, or None if they do."""
    role = place.destination.role_arn
    refusal = _assuming(role)
    if refusal is None and place.source:
        refusal = _assuming(place.source_role) or reading_refusal(place.source_role, place.source)
    if refusal is None and place.destination.key:
        refusal = role_refusal(role, "kms:GenerateDataKey", place.destination.key, session="firehose")
    return refusal


def _assuming(role_arn: str) -> str | None:
    return trust_refusal(role_arn, _SERVICE, external_id=account_of(role_arn))


def _put(place: Place, buffer: Buffer) -> str | None:
    destination = place.destination
    moment = datetime.fromtimestamp(buffer.opened, ZoneInfo(destination.time_zone))
    prefix = find(f"{_FIREHOSE}._evaluate_prefix")(
        destination.error_prefix if place.error else destination.prefix,
        moment.timetuple(),
        dict(place.keys),
        dict(place.lambda_keys),
        place.error or None,
    )
    name = f"{place.name}-{place.version}-{moment:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{destination.extension}"
    body = b"".join(buffer.parts)
    return put_object(
        destination.bucket_arn,
        prefix + name,
        gzip.compress(body) if destination.is_gzipped else body,
        role_arn=destination.role_arn,
        headers={"content-type": "application/octet-stream", **_encryption(destination.key)},
    )


def _encryption(key: str) -> dict[str, str]:
    if not key:
        return {}
    return {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}


def _checking(create: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def create_stream(data: dict[str, Any]) -> Any:
        settings = data.get("ExtendedS3DestinationConfiguration")
        try:
            destination = Destination.of(settings) if settings else None
        except Refused as refused:
            return find(f"{_FIREHOSE}._invalid")(str(refused))
        source = (data.get("KinesisStreamSourceConfiguration") or {}).get("RoleARN")
        for role in filter(None, (source, destination and destination.role_arn)):
            if _assuming(role):
                message = f"Firehose is unable to assume role {role}. Please check the role provided."
                return find(f"{_FIREHOSE}._invalid")(message)
        return create(data)

    return create_stream
