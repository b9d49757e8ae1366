"""Times as the API wants them: UTC, milliseconds, with their zone.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html.
"""

from datetime import UTC, datetime

from patterns.user_events.reasons import Reason, Rejected


def utc(member: str, value: object, *, naive_is_utc: bool) -> str:
    """A time in UTC with its zone.

    Args:
        member: What it is called.
        value: ISO 8601.
        naive_is_utc: Whether a time without a zone is taken as UTC. Otherwise it is refused: most often it is
            the local time of somebody's server, and hours off.

    Raises:
        Rejected: It is no time, or has no zone.
    """
    if not isinstance(value, str):
        raise Rejected(Reason.WRONG_TYPE, f"{member} is a text: ISO 8601 with a zone")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{member} is an ISO 8601 date and time") from None
    if moment.tzinfo is None:
        if not naive_is_utc:
            raise Rejected(
                Reason.TIMESTAMP_WITHOUT_ZONE,
                f"{member} says no zone: take datetime.now(timezone.utc), or add the offset",
            )
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        raise Rejected(Reason.INVALID_TIMESTAMP, f"{member} is outside of the years 1 to 9999") from None
