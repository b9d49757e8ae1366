"""What the mailbox simulator's addresses lead to."""

import pytest

from embedded.ses.outcomes import outcomes

NOW = "2026-01-02T03:04:05.006Z"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("someone@example.com", ["Email Sent", "Email Delivered"]),
        ("success@simulator.amazonses.com", ["Email Sent", "Email Delivered"]),
        ("ooto@simulator.amazonses.com", ["Email Sent", "Email Delivered"]),
        ("bounce+label@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
        ("Someone <BOUNCE@simulator.amazonses.com>", ["Email Sent", "Email Bounced"]),
        (
            "complaint+1@simulator.amazonses.com",
            ["Email Sent", "Email Delivered", "Email Complaint Received"],
        ),
        ("suppressionlist@simulator.amazonses.com", ["Email Sent", "Email Bounced"]),
    ],
)
def test_an_address_leads_to_the_events_that_ses_documents(address: str, expected: list[str]) -> None:
    assert [event.detail_type for event in outcomes([address], NOW)] == expected


def test_a_hard_bounce_and_a_suppressed_address_differ_in_their_sub_type() -> None:
    bounced = outcomes(["bounce@simulator.amazonses.com"], NOW)[1].facts["bounce"]
    suppressed = outcomes(["suppressionlist@simulator.amazonses.com"], NOW)[1].facts["bounce"]
    assert (bounced["bounceType"], bounced["bounceSubType"]) == ("Permanent", "General")
    assert (suppressed["bounceType"], suppressed["bounceSubType"]) == ("Permanent", "Suppressed")
    assert bounced["bouncedRecipients"][0]["emailAddress"] == "bounce@simulator.amazonses.com"


def test_each_recipient_of_one_mail_has_its_own_events() -> None:
    both = outcomes(["a@example.com", "bounce@simulator.amazonses.com"], NOW)
    assert [event.kind for event in both] == ["Send", "Delivery", "Bounce"]
