"""What a channel's adapter is: the one place that knows a vendor."""

from importlib import import_module
from typing import Protocol, cast

from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.webhook import Outcome


class Adapter(Protocol):
    """Sends one message at a time, from several threads.

    `repeatable` says whether a message may be sent again with the same key after its answer was lost,
    because the vendor recognises the key.
    """

    @property
    def repeatable(self) -> bool: ...

    def send(self, message: ChannelMessage) -> Outcome:
        """Send, and say how it went. An exception counts as a lost answer."""
        ...


class AdapterMissing(Exception):
    """The setting names no factory of an adapter."""


def load_adapter(name: str) -> Adapter:
    """Make the adapter that `module:factory` names.

    Raises:
        AdapterMissing: There is no such factory.
    """
    module, _, factory = name.partition(":")
    try:
        make = getattr(import_module(module), factory)
    except (ImportError, AttributeError, ValueError) as error:
        raise AdapterMissing(
            f"ADAPTER must be module:factory of a function in reach, got {name!r}"
        ) from error
    return cast(Adapter, make())
