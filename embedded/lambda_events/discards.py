"""Telling a mapping's on-failure destination about the records that were given up.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
import logging
import time
import uuid
from typing import Any

from embedded.lambda_events.batches import Discarded
from embedded.lambda_events.mapping import Mapping
from embedded.service_iam.deliveries import deliver, put_object

_log = logging.getLogger(__name__)


def report(mapping: Mapping, shard: str, discarded: Discarded) -> None:
    """Send the record of a discarded batch; without a destination it is only logged."""
    _log.warning(
        "mapping %s gave up %d records of %s: %s",
        mapping.uuid,
        len(discarded.batch.records),
        shard,
        discarded.condition,
    )
    target = mapping.on_failure
    if not target:
        return
    document = invocation_record(mapping, shard, discarded)
    if target.split(":")[2] == "s3":
        # Only S3 receives the records themselves.
        payload = {"Records": [record.event for record in discarded.batch.records]}
        body = json.dumps({**document, "payload": json.dumps(payload)})
        refusal = put_object(target, object_key(mapping.uuid, shard), body.encode(), role_arn=mapping.role)
    else:
        refusal = deliver(target, json.dumps(document), role_arn=mapping.role)
    if refusal:
        mapping.show(f"PROBLEM: {refusal}")
        _log.warning("mapping %s: a discarded batch was lost: %s", mapping.uuid, refusal)


def invocation_record(mapping: Mapping, shard: str, discarded: Discarded) -> dict[str, Any]:
    """The JSON document that AWS sends about a discarded batch."""
    records = discarded.batch.records
    is_kinesis = mapping.source.split(":")[2] == "kinesis"
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": mapping.config["FunctionArn"],
            "condition": discarded.condition,
            "approximateInvokeCount": max(1, discarded.batch.attempts),
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": mapping.config.get("Version", "$LATEST"),
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": _instant(time.time()),
        "KinesisBatchInfo" if is_kinesis else "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": records[0].sequence,
            "endSequenceNumber": records[-1].sequence,
            "approximateArrivalOfFirstRecord": _instant(records[0].arrived),
            "approximateArrivalOfLastRecord": _instant(records[-1].arrived),
            "batchSize": len(records),
            "streamArn": mapping.source,
        },
    }


def object_key(mapping_id: str, shard: str) -> str:
    """Where the record of a discarded batch goes in a bucket."""
    now = time.gmtime()
    day, second = time.strftime("%Y/%m/%d", now), time.strftime("%Y-%m-%dT%H.%M.%S", now)
    return f"aws/lambda/{mapping_id}/{shard}/{day}/{second}-{uuid.uuid4()}"


def _instant(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
