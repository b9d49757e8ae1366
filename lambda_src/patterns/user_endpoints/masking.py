"""Addresses as they may be shown to whoever holds a link: enough to know one's own by."""

from typing import Final

_HIDDEN: Final = "***"
_PHONES: Final = frozenset({"SMS", "VOICE"})


def masked(channel_type: str, address: str) -> str:
    """An address without most of it: `j***@e***.com`, `***89`, `***`."""
    if channel_type == "EMAIL" and "@" in address:
        local, _, domain = address.rpartition("@")
        name, dot, top = domain.rpartition(".")
        return f"{local[:1]}{_HIDDEN}@{name[:1]}{_HIDDEN}{dot}{top if name else ''}"
    if channel_type in _PHONES and len(address) >= 6:
        return f"{_HIDDEN}{address[-2:]}"
    return _HIDDEN
