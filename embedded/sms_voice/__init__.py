"""AWS End User Messaging SMS: the API, the handsets that it sends to, and their replies."""

from embedded.server import Server
from embedded.sms_voice import front_door, page
from embedded.sms_voice.service import Service


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Answer what is signed for `sms-voice`, and serve the handsets' page."""
    service = Service()
    front_door.install(service)
    page.install(service)
