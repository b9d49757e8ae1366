"""The questions that are asked of archived events, as Athena is asked them.

Events are streamed at least once, so that each query counts messages and never rows. A mail that was sent
in the window counts with all that came of it; one from before does not, whatever arrives of it now.

See https://docs.aws.amazon.com/athena/latest/ug/functions.html.
"""

from dataclasses import dataclass
from string import Template
from typing import Final

WINDOW_DAYS: Final = 30


@dataclass(frozen=True)
class SavedQuery:
    """One question.

    Attributes:
        name: What it is found by.
        description: What it answers.
        text: The SQL, with `$table`, `$application_id` and `$days` to be filled in.
    """

    name: str
    description: str
    text: Template

    def sql(self, *, table: str, application_id: str) -> str:
        """The query for one application.

        Args:
            table: The table's name.
            application_id: Whose events.
        """
        return self.text.substitute(table=table, application_id=application_id, days=WINDOW_DAYS)


def _of_mails(outcomes: str, answer: str, *event_types: str) -> Template:
    """A query over one row for each mail of a campaign, with what is known of it.

    Args:
        outcomes: Expressions over a mail's events.
        answer: What is asked of the mails.
        event_types: The events that it takes, beside the sending.
    """
    listed = ", ".join(f"'{name}'" for name in ("_email.send", *event_types))
    return Template(
        f"""\
WITH mails AS (
  SELECT
    facets.email_channel.mail_event.mail.message_id AS message_id,
    max(element_at(attributes, 'campaign_id')) AS campaign_id,
    {outcomes}
  FROM $table
  WHERE application_id = '$application_id'
    AND event_type IN ({listed})
    AND day >= date_format(current_date - interval '$days' day, '%Y-%m-%d')
  GROUP BY facets.email_channel.mail_event.mail.message_id
  HAVING bool_or(event_type = '_email.send')
)
{answer}
"""
    )


def _rates(counts: str) -> str:
    return f"""\
SELECT
  campaign_id,
  count(*) AS sent,
  {counts}
FROM mails
WHERE campaign_id IS NOT NULL
GROUP BY campaign_id
ORDER BY sent DESC, campaign_id"""


def _is(event_type: str) -> str:
    return f"bool_or(event_type = '{event_type}')"


QUERIES: Final = (
    SavedQuery(
        name="delivery-rate-by-campaign",
        description="Mails sent and delivered by campaign, of the last 30 days",
        text=_of_mails(
            f"{_is('_email.delivered')} AS is_delivered",
            _rates("""\
count_if(is_delivered) AS delivered,
  round(CAST(count_if(is_delivered) AS double) / count(*), 4) AS delivery_rate"""),
            "_email.delivered",
        ),
    ),
    SavedQuery(
        name="bounce-rate-by-campaign",
        description="Hard and soft bounces by campaign, of the mails of the last 30 days",
        text=_of_mails(
            f"""\
{_is("_email.hardbounce")} AS is_hard,
    {_is("_email.softbounce")} AS is_soft""",
            _rates("""\
count_if(is_hard) AS hard_bounces,
  count_if(is_soft AND NOT is_hard) AS soft_bounces,
  round(CAST(count_if(is_hard OR is_soft) AS double) / count(*), 4) AS bounce_rate"""),
            "_email.hardbounce",
            "_email.softbounce",
        ),
    ),
    SavedQuery(
        name="open-rate-by-campaign",
        description="Delivered mails that were opened, by campaign, of the last 30 days",
        text=_of_mails(
            f"""\
{_is("_email.delivered")} AS is_delivered,
    {_is("_email.open")} AS is_opened""",
            _rates("""\
count_if(is_delivered OR is_opened) AS delivered,
  count_if(is_opened) AS opened,
  round(
    CAST(count_if(is_opened) AS double) / nullif(count_if(is_delivered OR is_opened), 0), 4
  ) AS open_rate"""),
            "_email.delivered",
            "_email.open",
        ),
    ),
    SavedQuery(
        name="unique-opens-by-day",
        description="Mails by the day of their first opening, and the endpoints that opened them",
        text=_of_mails(
            """\
max(client.client_id) AS endpoint_id,
    min(CASE WHEN event_type = '_email.open' THEN day END) AS first_opened""",
            """\
SELECT
  first_opened,
  count(*) AS unique_opens,
  count(DISTINCT endpoint_id) AS endpoints
FROM mails
WHERE first_opened IS NOT NULL
GROUP BY first_opened
ORDER BY first_opened""",
            "_email.open",
        ),
    ),
    SavedQuery(
        name="complaints-by-campaign",
        description="Mails that were reported as spam, by campaign, of the last 30 days",
        text=_of_mails(
            f"""\
{_is("_email.delivered")} AS is_delivered,
    {_is("_email.complaint")} AS is_complained""",
            _rates("""\
count_if(is_complained) AS complaints,
  round(
    CAST(count_if(is_complained) AS double) / nullif(count_if(is_delivered OR is_complained), 0), 5
  ) AS complaint_rate"""),
            "_email.delivered",
            "_email.complaint",
        ),
    ),
)
