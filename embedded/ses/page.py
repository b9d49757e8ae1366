"""The page of sent mail, at /_ministack/ses/messages."""

import json
from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from typing import Any, Final

from embedded.ministack_names import find
from embedded.ses.mails import recipients

PATH: Final = "/_ministack/ses/messages"
_Answer = tuple[int, dict[str, str], bytes]
_SHOWN: Final = (
    "MessageId",
    "Source",
    "To",
    "CC",
    "BCC",
    "ReplyTo",
    "Subject",
    "BodyText",
    "BodyHtml",
    "Headers",
    "EmailTags",
    "ConfigurationSetName",
    "Template",
    "TemplateData",
    "Timestamp",
    "Type",
    "Events",
)


async def answer(
    method: str,
    path: str,
    headers: dict[str, str],  # noqa: ARG001  (the signature of ministack)
    query: dict[str, Any],
) -> _Answer | None:
    """Sent mail by account, as JSON; None for any other request.

    The query may narrow it: `account`, `recipient` (an address), `subject` (the whole subject),
    `configuration_set`.
    """
    if path != PATH or method != "GET":
        return None
    wanted = {name: value[0] if isinstance(value, list) else value for name, value in query.items()}
    messages: dict[str, list[dict[str, Any]]] = {}
    for account, record in _kept():
        if wanted.get("account", account) == account and _is_wanted(record, wanted):
            messages.setdefault(account, []).append({name: record.get(name) for name in _SHOWN})
    return 200, {"Content-Type": "application/json"}, json.dumps({"messages": messages}).encode()


def _kept() -> Iterator[tuple[str, dict[str, Any]]]:
    for (account, _, _), records in find("ministack.services.ses._sent_emails").all_items():
        yield from ((account, _rendered(record)) for record in list(records))


def _rendered(record: dict[str, Any]) -> dict[str, Any]:
    """The older API keeps what it rendered from a template under names of its own."""
    rendered = {
        name: record[f"Rendered{name}"]
        for name in ("Subject", "BodyText", "BodyHtml")
        if f"Rendered{name}" in record
    }
    return {**record, **rendered}


def _is_wanted(record: dict[str, Any], wanted: dict[str, str]) -> bool:
    return (
        ("recipient" not in wanted or wanted["recipient"].lower() in _addresses(recipients(record)))
        and wanted.get("subject", record.get("Subject")) == record.get("Subject")
        and wanted.get("configuration_set", record.get("ConfigurationSetName"))
        == record.get("ConfigurationSetName")
    )


def _addresses(given: Iterable[str]) -> set[str]:
    return {parseaddr(address)[1].lower() for address in given}
