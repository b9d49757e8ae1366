"""Amazon Pinpoint's front doors: its API and its CloudFormation types, answered by the deployed engine."""

from embedded.pinpoint import front_door, resource_types
from embedded.server import Server


def install(server: Server) -> None:
    """Answer what is signed for `mobiletargeting`, and provision `AWS::Pinpoint::*`."""
    front_door.install(server)
    resource_types.install()
