"""The rooms of the embedded AWS, in the order in which they are installed."""

from embedded import (
    api_throttling,
    athena,
    batch_actions,
    concurrency,
    firehose,
    lambda_events,
    metric_alarms,
    object_events,
    payload_limit,
    pinpoint,
    pinpoint_principal,
    request_path,
    secret_references,
    secret_rotation,
    secure_transport,
    service_iam,
    ses,
    sms_voice,
    stack_waits,
    type_changes,
    workers,
)
from embedded.server import Server


def install(server: Server) -> None:
    """Install every room in the server of this process, before it serves its first request."""
    for room in (
        secure_transport,
        batch_actions,
        request_path,
        workers,
        concurrency,
        lambda_events,
        service_iam,
        ses,
        sms_voice,
        firehose,
        athena,
        object_events,
        payload_limit,
        api_throttling,
        type_changes,
        stack_waits,
        metric_alarms,
        secret_references,
        secret_rotation,
        pinpoint,
        pinpoint_principal,
    ):
        room.install(server)
