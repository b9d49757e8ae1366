"""The requests of a run, made from its seed, and what they have to come to."""

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from embedded.demo.ledger import Cell, Counts

SENDER: Final = "no-reply@example.com"
_TEMPLATE: Final = {"name": "patterns-welcome"}
_DOMAIN: Final = "simulator.amazonses.com"


@dataclass(frozen=True)
class Plan:
    """What is put in.

    Attributes:
        tag: In every request, address and id of the run.
        endpoints: Stored endpoints by id.
        key, content: The file of recipients.
        lines: Of the file.
        bodies: The requests, in their order; repeated ones and unreadable ones among them.
        expected: What they come to.
    """

    tag: str
    endpoints: Mapping[str, Mapping[str, Any]]
    key: str
    content: bytes
    lines: int
    bodies: tuple[str, ...]
    expected: Counts


def make_plan(seed: int) -> Plan:
    """The plan of a seed."""
    chance = random.Random(seed)
    tag = f"demo{seed}"
    singles = 150 + chance.randrange(100)
    opted_out, active, strangers = 5 + chance.randrange(5), 20 + chance.randrange(10), 3
    good, bad = 80 + chance.randrange(40), 4 + chance.randrange(4)
    requests = [_request(tag, f"single-{n}", [{"address": _address(tag, f"s{n}")}]) for n in range(singles)]
    repeated = chance.sample(requests, 12)
    endpoints = {
        f"{tag}-e{n}": {
            "ChannelType": "EMAIL",
            "Address": _address(tag, f"e{n}"),
            "OptOut": "ALL" if n < opted_out else "NONE",
            "User": {"UserId": f"{tag}-u{n}"},
        }
        for n in range(opted_out + active)
    }
    stored: list[dict[str, Any]] = [
        {"endpoint_id": name} if n % 2 else {"user_id": endpoint["User"]["UserId"]}  # type: ignore[index]
        for n, (name, endpoint) in enumerate(endpoints.items())
    ]
    stored += [{"user_id": f"{tag}-stranger-{n}"} for n in range(strangers)]
    lines = [json.dumps({"address": _address(tag, f"f{n}")}) for n in range(good)] + ["no JSON"] * bad
    chance.shuffle(lines)
    key = f"recipients/{tag}.jsonl"
    unreadable = [f"{tag}: no JSON", json.dumps({**requests[0], "channel": "FAX"})]
    reused = {**requests[1], "recipients": [{"address": _address(tag, "other")}]}
    whole = [_request(tag, "stored", stored), _request(tag, "file", None, recipients_file={"key": key})]
    later = [json.dumps(request) for request in [*repeated, *whole]] + unreadable + [json.dumps(reused)]
    chance.shuffle(later)
    expected = Counter(
        {
            Cell("Results", "SENT"): singles + active + good,
            Cell("Results", "LEFT_OUT"): opted_out,
            Cell("Results", "FAILED"): strangers + bad,
            Cell("Mail kept", "messages"): singles + active + good,
            Cell("Mail kept", "people"): singles + active + good,
            Cell("Dead letters", "the body is not JSON"): 1,
            Cell("Dead letters", "channel must be EMAIL or SMS or VOICE"): 1,
            Cell("Dead letters", "request_id was used before for other content or other recipients"): 1,
        }
    )
    return Plan(
        tag=tag,
        endpoints=endpoints,
        key=key,
        content="\n".join(lines).encode(),
        lines=len(lines),
        bodies=(*(json.dumps(request) for request in requests), *later),
        expected=expected,
    )


def _request(tag: str, name: str, recipients: list[dict[str, Any]] | None, **more: Any) -> dict[str, Any]:
    whom = {} if recipients is None else {"recipients": recipients}
    return {
        "request_id": f"{tag}-{name}",
        "channel": "EMAIL",
        "template": _TEMPLATE,
        "message": {"FromAddress": SENDER},
        "context": {"demo": tag},
        **whom,
        **more,
    }


def _address(tag: str, name: str) -> str:
    return f"success+{tag}-{name}@{_DOMAIN}"
