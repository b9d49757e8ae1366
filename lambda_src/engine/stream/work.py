"""What the stream's queue asks for: campaigns that events set off, then the customer's stream."""

from engine.campaigns.matching import trigger_campaigns
from engine.context import Context
from engine.stream.deliver import deliver
from engine.worker import Message


def work(context: Context, message: Message) -> None:
    """Trigger campaigns by a message's records, and put the records on the project's stream.

    In this order, because a stream that refuses must not hold back the messages to people; triggering
    again, when the message comes again, sends nothing twice.

    Raises:
        GivenUp: As `deliver` says; the campaigns have had their events.
    """
    trigger_campaigns(context, message.body)
    deliver(context, message)
