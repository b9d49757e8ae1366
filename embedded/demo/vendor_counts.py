"""What a vendor's own log says."""

from collections import Counter

from embedded.demo.ledger import Cell
from embedded.vendors.faults import Fault
from embedded.vendors.journal import Journal


def vendor_counts(name: str, taken_in: str, journal: Journal) -> Counter[Cell]:
    """The cells of one vendor.

    Args:
        name: As the ledger calls the vendor.
        taken_in: As the ledger calls what it takes in.
        journal: Its log.
    """
    counts: Counter[Cell] = Counter()
    for entry in journal.entries:
        counts[Cell(name, taken_in)] += entry.accepted
        match entry.fault:
            case Fault.THROTTLED | Fault.BROKEN:
                counts[Cell(name, f"answered {entry.fault}")] += 1
            case Fault.CUT:
                counts[Cell(name, "cut after acceptance")] += 1
            case Fault.NONE:
                pass
        if entry.reason == "unknown_recipient":
            counts[Cell(name, "refused: unknown recipient")] += 1
        elif entry.status in (401, 422):
            counts[Cell(name, "badly signed or shaped")] += 1
    counts[Cell(name, "ids taken in twice")] = journal.accepted_twice
    counts[Cell(name, "recipients taken in twice")] = journal.recipients_twice
    return counts
