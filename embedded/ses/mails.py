"""One mail: what the request said of it, as the events and the page of sent mail show it."""

import time
from collections.abc import Iterable
from email.utils import parseaddr
from typing import Any


def complete(record: dict[str, Any], request: dict[str, Any], entry: dict[str, Any], caller: str) -> None:
    """Put into ministack's record of a mail what it leaves out.

    Args:
        record: ministack's record.
        request: The members of SendEmail or SendBulkEmail.
        entry: The mail's own entry of a bulk request; empty for SendEmail.
        caller: ARN of who sent it.
    """
    configuration_set = request.get("ConfigurationSetName", "")
    record["ConfigurationSetName"] = configuration_set
    record["ReplyTo"] = request.get("ReplyToAddresses") or []
    record["EmailTags"] = {
        **_named(request.get("EmailTags") or request.get("DefaultEmailTags") or ()),
        **_named(entry.get("ReplacementTags") or ()),
    }
    simple = (request.get("Content") or {}).get("Simple") or {}
    record["Headers"] = _named(entry.get("ReplacementHeaders") or simple.get("Headers") or ())
    record["Operation"] = "SendBulkEmail" if entry else "SendEmail"
    record["Caller"] = caller


def recipients(record: dict[str, Any]) -> list[str]:
    """Every address of a mail."""
    return [*record.get("To", []), *record.get("CC", []), *record.get("BCC", [])]


def described(record: dict[str, Any], account: str, region: str) -> dict[str, Any]:
    """The `mail` object of an event."""
    source = record["Source"]
    address = parseaddr(source)[1]
    domain = address.rpartition("@")[2]
    headers = {
        "From": source,
        "To": ", ".join(record.get("To", [])),
        "Subject": record["Subject"],
        "MIME-Version": "1.0",
        **record["Headers"],
    }
    return {
        "timestamp": instant(record["Timestamp"]),
        "source": source,
        "sourceArn": f"arn:aws:ses:{region}:{account}:identity/{address}",
        "sendingAccountId": account,
        "messageId": record["MessageId"],
        "destination": recipients(record),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [source],
            "to": record.get("To", []),
            "messageId": record["MessageId"],
            "subject": record["Subject"],
        },
        "tags": {
            "ses:operation": [record["Operation"]],
            "ses:configuration-set": [record["ConfigurationSetName"]],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [domain],
            "ses:caller-identity": [record["Caller"].rpartition(":")[2].split("/")[-1]],
            **{name: [value] for name, value in record["EmailTags"].items()},
        },
    }


def instant(seconds: float) -> str:
    """ISO 8601 with milliseconds, in UTC."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


def _named(pairs: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs}
