"""The ledger before the run, computed from the plan and the vendors' bad day alone.

Nothing in here asks the engine: what it would have to agree with would agree with itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from embedded.demo.ledger import Cell, Counts
from embedded.demo.scenarios.campaign.plan import Endpoint, Plan
from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.message_api import UNKNOWN_PREFIX


@dataclass(frozen=True)
class Setup:
    """What the run is told.

    Args:
        messages: The message vendor's bad day.
        callbacks: The CDP's bad day.
        idempotency: Whether the webhook channel sends idempotency keys.
        frequency_cap: Messages a user may get in the window.
    """

    messages: FaultPlan
    callbacks: FaultPlan
    idempotency: bool
    frequency_cap: int


@dataclass(frozen=True)
class Reached:
    """What one campaign is expected to come to.

    Args:
        recipients: The endpoints that get past targeting and the hook. Of endpoints that are alike,
            which ones is not said, only how many.
        left_out: How many are not, by reason.
    """

    recipients: tuple[Endpoint, ...]
    left_out: Counter[str]


def expected_ledger(plan: Plan, setup: Setup) -> dict[Cell, int]:
    """Every cell of the ledger, in the order in which it is read."""
    messages_so_far: Counter[str] = Counter()
    webhook = reach(plan.endpoints, "CUSTOM", messages_so_far, setup.frequency_cap)
    email = reach(plan.endpoints, "EMAIL", messages_so_far, setup.frequency_cap)
    ledger = {
        **_file(plan),
        **dict(_campaign("Webhook campaign", webhook)),
        **dict(_webhook(webhook.recipients, setup)),
        **dict(_campaign("E-mail campaign", email)),
        **dict(_email(email.recipients)),
        **dict(_callbacks(email.recipients, setup.callbacks)),
    }
    streamed = sum(count for cell, count in ledger.items() if cell.where == "Event stream")
    return {**ledger, Cell("Archive", "events"): streamed}


def reach(endpoints: Iterable[Endpoint], channel: str, messages_so_far: Counter[str], cap: int) -> Reached:
    """Who is reached on one channel.

    Args:
        endpoints: The segment.
        channel: The campaign's channel.
        messages_so_far: Messages by user; this campaign's are added.
        cap: Messages a user may get.
    """
    recipients: list[Endpoint] = []
    left_out: Counter[str] = Counter()
    taken: set[str] = set()
    for endpoint in endpoints:
        if endpoint.channel != channel:
            left_out["another channel"] += 1
        elif endpoint.opted_out:
            left_out["opted out"] += 1
        elif endpoint.address in taken:
            # Whichever of the sharers was imported last stays active; that there is only one is what counts.
            left_out["inactive"] += 1
        else:
            taken.add(endpoint.address)
            if messages_so_far[endpoint.user_id] >= cap:
                left_out["frequency cap"] += 1
            else:
                messages_so_far[endpoint.user_id] += 1
                recipients.append(endpoint)
    return Reached(tuple(recipients), left_out)


def _file(plan: Plan) -> Counts:
    bad = sum(plan.bad.values())
    return {
        Cell("File", "rows"): len(plan.endpoints) + bad,
        Cell("File", "accepted"): len(plan.endpoints),
        Cell("File", "quarantined"): bad,
        **{Cell("Quarantine", kind): count for kind, count in plan.bad.items()},
        Cell("Segment", "endpoints imported"): len(plan.endpoints),
        Cell("Segment", "rows the import refused"): 0,
    }


def _campaign(name: str, reached: Reached) -> Iterator[tuple[Cell, int]]:
    yield Cell(name, "in the segment"), len(reached.recipients) + reached.left_out.total()
    for reason in ("another channel", "opted out", "inactive", "frequency cap"):
        yield Cell(name, f"left out: {reason}"), reached.left_out[reason]
    yield Cell(name, "handed to the channel"), len(reached.recipients)
    yield Cell("Audit trail", f"{name}: kept"), len(reached.recipients)
    yield Cell("Audit trail", f"{name}: frequency_cap"), reached.left_out["frequency cap"]


def _webhook(recipients: Iterable[Endpoint], setup: Setup) -> Iterator[tuple[Cell, int]]:
    gone = sum(1 for endpoint in recipients if endpoint.address.startswith(UNKNOWN_PREFIX))
    attempts = [
        setup.messages.attempts(endpoint.address)
        for endpoint in recipients
        if not endpoint.address.startswith(UNKNOWN_PREFIX)
    ]
    cuts = sum(1 for met in attempts if met[-1] is Fault.CUT)
    # With a key the message is posted again and the vendor says that it has it; without one nobody knows.
    unknown = 0 if setup.idempotency else cuts
    yield Cell("Webhook campaign", "delivered"), len(attempts) - unknown
    yield Cell("Webhook campaign", "failed: unknown_recipient"), gone
    yield Cell("Webhook campaign", "unknown"), unknown
    yield Cell("Message vendor", "messages taken in"), len(attempts)
    yield from _vendor("Message vendor", attempts)
    yield Cell("Message vendor", "refused: unknown recipient"), gone
    yield Cell("Event stream", "_campaign.send CUSTOM SUCCESS"), len(attempts) + gone
    yield Cell("Event stream", "isv_channel.delivery DELIVERED"), len(attempts) - unknown
    yield Cell("Event stream", "isv_channel.delivery FAILED"), gone
    yield Cell("Event stream", "isv_channel.delivery UNKNOWN"), unknown


def _email(recipients: Iterable[Endpoint]) -> Iterator[tuple[Cell, int]]:
    mailboxes = Counter(endpoint.address.split("+")[0] for endpoint in recipients)
    sent, bounced = mailboxes.total(), mailboxes["bounce"]
    yield Cell("E-mail campaign", "delivered"), sent - bounced
    yield Cell("E-mail campaign", "failed: hard bounce"), bounced
    yield Cell("Mail kept", "messages"), sent
    yield Cell("Mail kept", "greeting somebody by name"), sent
    yield Cell("Event stream", "_campaign.send EMAIL SUCCESS"), sent
    yield Cell("Event stream", "_email.send"), sent
    yield Cell("Event stream", "_email.delivered"), sent - bounced
    yield Cell("Event stream", "_email.hardbounce"), bounced
    yield Cell("Event stream", "_email.complaint"), mailboxes["complaint"]


def _callbacks(recipients: Iterable[Endpoint], faults: FaultPlan) -> Iterator[tuple[Cell, int]]:
    told = [
        endpoint.address for endpoint in recipients if endpoint.address.startswith(("bounce", "complaint"))
    ]
    yield Cell("CDP", "callbacks taken in"), len(told)
    yield from _vendor("CDP", [faults.attempts(address) for address in told])


def _vendor(name: str, attempts: list[tuple[Fault, ...]]) -> Iterator[tuple[Cell, int]]:
    met = Counter(fault for one in attempts for fault in one)
    yield Cell(name, "answered 429"), met[Fault.THROTTLED]
    yield Cell(name, "answered 500"), met[Fault.BROKEN]
    yield Cell(name, "cut after acceptance"), met[Fault.CUT]
    yield Cell(name, "ids taken in twice"), 0
    yield Cell(name, "recipients taken in twice"), 0
    yield Cell(name, "badly signed or shaped"), 0
