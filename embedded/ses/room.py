"""Puts the events and the page of sent mail into ministack's SES (version 2 of its API)."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.ses import page
from embedded.ses.mails import complete, described, instant, recipients
from embedded.ses.outcomes import outcomes

_SES = "ministack.services.ses"
_V2 = "ministack.services.ses_v2"
_Handler = Callable[..., Awaitable[Any]]
_SENDS: Final = ("/outbound-emails", "/outbound-bulk-emails")
# Late enough for the sender to have its answer first, as nearly always on AWS.
_EVENTS_AFTER: Final = 0.05
_log = logging.getLogger(__name__)


def install() -> None:
    """Wrap what sends mail, and serve the page."""
    # AWS authorises a send on the sender's identity. ministack knows no resource for it and asks for `*`,
    # which a policy that names identities does not allow.
    find("ministack.core.iam_actions._SES_V2_RESOURCES").update(
        {route.strip("/"): ("identity", "FromEmailAddress") for route in _SENDS}
    )
    replace(f"{_V2}.handle_request", _observing(find(f"{_V2}.handle_request")))
    replace("ministack.app._handle_ses_messages_request", page.answer)


def _observing(handle: _Handler) -> _Handler:
    async def observed(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if method != "POST" or not path.rstrip("/").endswith(_SENDS):
            return await handle(method, path, headers, body, query)
        request: dict[str, Any] = json.loads(body) if body else {}
        name = request.get("ConfigurationSetName", "")
        if name and name not in find(f"{_V2}._config_sets"):
            return find(f"{_V2}._missing_config_set")(name)
        kept: list[dict[str, Any]] = find(f"{_SES}._sent_emails_list")()
        before = len(kept)
        answer = await handle(method, path, headers, body, query)
        caller = find("ministack.core.iam_evaluator.request_caller_arn")(headers, query)
        # Nothing else runs on the loop while ministack stores what it was given.
        _complete_all(kept[before:], request, caller)
        return answer

    return observed


def _complete_all(records: Sequence[dict[str, Any]], request: dict[str, Any], caller: str) -> None:
    entries = request.get("BulkEmailEntries") or [{}]
    # A rejected entry leaves no record, so a record finds its entry by its recipients.
    for record in records:
        mine: dict[str, Any] = next(
            (e for e in entries if (e.get("Destination") or {}).get("ToAddresses") == record["To"]), {}
        )
        complete(record, request, mine, caller)
        record["Events"] = []
        asyncio.get_running_loop().call_later(_EVENTS_AFTER, _tell, record)


def _tell(record: dict[str, Any]) -> None:
    """Send the events that the mail's configuration set asks for to the default bus."""
    configuration_set = find(f"{_V2}._config_sets").get(record["ConfigurationSetName"]) or {}
    asked = {
        matching
        for destination in (configuration_set.get("EventDestinations") or {}).values()
        if destination["Enabled"] and destination.get("EventBridgeDestination")
        for matching in destination["MatchingEventTypes"]
    }
    account = find("ministack.core.responses.get_account_id")()
    region = find("ministack.core.responses.get_region")()
    name = record["ConfigurationSetName"]
    for outcome in outcomes(recipients(record), instant(time.time())):
        record["Events"].append(outcome.detail_type)
        if outcome.matching not in asked:
            continue
        detail = {"eventType": outcome.kind, "mail": described(record, account, region), **outcome.facts}
        entry = {
            "Source": "aws.ses",
            "DetailType": outcome.detail_type,
            "Detail": json.dumps(detail),
            "Resources": [f"arn:aws:ses:{region}:{account}:configuration-set/{name}"],
        }
        find("ministack.services.eventbridge._put_events")({"Entries": [entry]}, allow_aws_source=True)
