"""Rows that no import may take, one function a kind."""

from collections.abc import Callable, Mapping

HEADER = (
    "ChannelType",
    "Address",
    "Id",
    "OptOut",
    "User.UserId",
    "User.UserAttributes.FirstName",
    "Attributes.Plan",
    "Attributes.Interests",
    "Attributes.Interests",
    "Metrics.Orders",
    "Location.Country",
    "Location.City",
    "Location.Latitude",
    "Location.Longitude",
)


def _row(number: int, **wrong: str) -> str:
    values = {
        "channel": "CUSTOM",
        "address": f"bad-{number:04d}",
        "opt_out": "NONE",
        "plan": "basic",
        "orders": "1",
        "latitude": "",
    } | wrong
    return (
        "{channel},{address},bad-{number:04d},{opt_out},bad-user-{number:04d},Bad,{plan},,,{orders},US,"
        "Springfield,{latitude},"
    ).format(number=number, **values)


def _plain(**wrong: str) -> Callable[[int], bytes]:
    return lambda number: _row(number, **wrong).encode()


def _not_utf8(number: int) -> bytes:
    # "Zoë" as Latin-1 writes it.
    return _row(number).replace(",Bad,", ",Zo\u00eb,").encode("latin-1")


KINDS: Mapping[str, Callable[[int], bytes]] = {
    "an e-mail endpoint whose address is none": _plain(channel="EMAIL", address="not-an-address"),
    "no address": _plain(address=""),
    "a tab in a value": _plain(plan="ba\tsic"),
    "a stray quote": _plain(plan='"basic'),
    "an unknown channel": _plain(channel="PIGEON"),
    "an unknown opt-out": _plain(opt_out="MAYBE"),
    "a column too many": lambda number: _row(number).encode() + b",surplus",
    "bytes that are not UTF-8": _not_utf8,
    "a value over 100 characters": _plain(plan="p" * 101),
    "a metric that is no number": _plain(orders="many"),
    "a latitude without a longitude": _plain(latitude="47.6"),
}
"""Each kind of bad row by name: given a number that no other row has, its bytes without the line end."""
