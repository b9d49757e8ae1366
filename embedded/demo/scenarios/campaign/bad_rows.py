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
    "address_not_of_channel": _plain(channel="EMAIL", address="not-an-address"),
    "missing_address": _plain(address=""),
    "tab_in_value": _plain(plan="ba\tsic"),
    "stray_quote": _plain(plan='"basic'),
    "unknown_channel_type": _plain(channel="PIGEON"),
    "unknown_opt_out": _plain(opt_out="MAYBE"),
    "column_count": lambda number: _row(number).encode() + b",surplus",
    "not_utf8": _not_utf8,
    "value_too_long": _plain(plan="p" * 101),
    "not_a_number": _plain(orders="many"),
    "half_a_coordinate": _plain(latitude="47.6"),
}
"""Each kind of bad row, by the reason for which it has to be put aside.

Given a number that no other row has, its bytes without the line end.
"""
