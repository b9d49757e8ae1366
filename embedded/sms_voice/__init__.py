"""AWS End User Messaging SMS: the API, its CloudFormation types, and the handsets."""

from embedded.server import Server
from embedded.sms_voice import front_door, page, resource_types
from embedded.sms_voice.service import Service


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Answer what is signed for `sms-voice`, provision `AWS::SMSVOICE::*`, and serve the handsets' page."""
    service = Service()
    front_door.install(service)
    page.install(service)
    resource_types.install(service)
