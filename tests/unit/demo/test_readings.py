"""What the demo reads afterwards, turned into cells."""

from embedded.demo.ledger import Cell
from embedded.demo.scenarios.campaign.importing import import_counts
from embedded.demo.scenarios.campaign.readings import ends, mail_counts
from embedded.demo.scenarios.campaign.sending import activity_counts, audit_counts
from embedded.demo.stream import stream_counts
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors.faults import Fault
from embedded.vendors.journal import Entry, Journal


def delivery(client_id: str, status: str, reason: str = "") -> dict[str, object]:
    return {
        "event_type": "isv_channel.delivery",
        "client": {"client_id": client_id},
        "attributes": {"status": status, "reason": reason},
    }


def test_an_activity_counts_the_whole_segment_and_shows_a_metric_nobody_planned_for() -> None:
    counts = activity_counts(
        "Webhook campaign",
        {
            "TotalEndpointCount": 7,
            "ExecutionMetrics": {"LeftOut.OPT_OUT": "2", "LeftOut.CHANNEL": "1", "Status.THROTTLED": "3"},
        },
    )
    assert counts == {
        Cell("Webhook campaign", "in the segment"): 10,
        Cell("Webhook campaign", "left out: opted out"): 2,
        Cell("Webhook campaign", "left out: another channel"): 1,
        Cell("Webhook campaign", "Status.THROTTLED"): 3,
    }


def test_a_record_that_comes_twice_is_one_event_and_one_end() -> None:
    records = [delivery("a", "DELIVERED"), delivery("a", "DELIVERED"), delivery("b", "FAILED", "unknown")]
    assert stream_counts(records) == {
        Cell("Event stream", "isv_channel.delivery DELIVERED"): 1,
        Cell("Event stream", "isv_channel.delivery FAILED"): 1,
    }
    assert ends(records) == {
        Cell("Webhook campaign", "delivered"): 1,
        Cell("Webhook campaign", "failed: unknown"): 1,
    }


def test_a_vendors_log_is_counted_by_what_it_played_and_what_it_took_in() -> None:
    journal = Journal()
    for entry in (
        Entry("m1", "ada", 1, 429, Fault.THROTTLED),
        Entry("m1", "ada", 2, 0, Fault.CUT, accepted=True),
        Entry("m1", "ada", 3, 202, reason="repeats m-1"),
        Entry("m2", "ada", 4, 202, accepted=True),
        Entry("m3", "gone-bob", 0, 422, reason="unknown_recipient"),
        Entry("", "", 0, 401, reason="no signature fits"),
    ):
        journal.append(entry)
    assert +vendor_counts("Vendor", "taken in", journal) == {
        Cell("Vendor", "taken in"): 2,
        Cell("Vendor", "answered 429"): 1,
        Cell("Vendor", "cut after acceptance"): 1,
        Cell("Vendor", "recipients taken in twice"): 1,
        Cell("Vendor", "refused: unknown recipient"): 1,
        Cell("Vendor", "badly signed or shaped"): 1,
    }


def test_two_messages_to_one_endpoint_are_two_events() -> None:
    first, second = delivery("a", "DELIVERED"), delivery("a", "DELIVERED")
    second["attributes"] = {"status": "DELIVERED", "message_key": "other"}
    assert ends([first, second]) == {Cell("Webhook campaign", "delivered"): 2}


def test_the_audit_trail_is_counted_by_reason() -> None:
    lines = [{"decision": "kept", "reason": ""}, {"decision": "left_out", "reason": "out_of_time"}]
    assert audit_counts("Webhook campaign", lines) == {
        Cell("Audit trail", "Webhook campaign: kept"): 1,
        Cell("Audit trail", "Webhook campaign: out_of_time"): 1,
    }


def test_an_unrendered_mail_greets_nobody() -> None:
    rendered = {"BodyText": "Hello Ada, 20 % off your gold plan."}
    raw = {"BodyText": "Hello {{User.UserAttributes.FirstName}}, 20 % off your {{Attributes.Plan}} plan."}
    counts = mail_counts([rendered, raw])
    assert counts == {Cell("Mail kept", "messages"): 2, Cell("Mail kept", "greeting somebody by name"): 1}


def test_the_quarantine_is_counted_row_by_row_and_not_taken_from_the_report() -> None:
    counts = import_counts(
        {"rows": 3, "accepted": 1, "quarantined": 2, "import_failures": 0},
        [{"reason": "not_utf8"}],
        {"ImportDefinition": {"Size": 1}},
    )
    assert (counts[Cell("File", "quarantined")], counts[Cell("Quarantine", "not_utf8")]) == (2, 1)
