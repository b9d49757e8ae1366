"""Firehose gathers records into files as AWS does: by partition, size and age, compressed, by its role.

ministack writes each record to a file of its own, as it came, whatever the role may do. Here records wait in
a buffer of their partition until it is full or old; jq itself takes the partition keys out of them; what has
none goes to the error prefix; and a role that may not read or write is asked again later, as on AWS.

Nobody waits for a quarter of an hour here: a buffer counts as old after two seconds at most. Conversion to
Parquet is left to ministack.
"""

from embedded.firehose import room
from embedded.server import Server


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Serve Firehose's S3 destinations."""
    room.install()
