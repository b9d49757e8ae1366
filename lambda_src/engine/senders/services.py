"""The service behind each channel, by the name of its client."""

from typing import Final

from engine.senders.phone import SERVICE as _PHONE

SERVICE_OF: Final = {"EMAIL": "sesv2", "SMS": _PHONE, "VOICE": _PHONE}
