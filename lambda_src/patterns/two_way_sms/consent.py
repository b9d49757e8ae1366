"""An opt-out is kept, by us and in the project, before it is confirmed; an opt-in likewise.

Where which is kept, and in which order:

- the table: at once for an opt-out, last for an opt-in. From then on nothing else is sent, or it is again;
- the project: the `OptOut` of the handset's endpoints, which campaigns and journeys keep to, and an event;
- the opt-out list of End User Messaging, which stops everybody's messages from the number: an opt-out after
  its confirmation, which the list would stop as well; an opt-in first, since the list may refuse it.

See https://docs.aws.amazon.com/sms-voice/latest/userguide/opt-out-list-self-managed.html.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from patterns.two_way_sms.conversations import Consent, Conversations, Taken
from patterns.two_way_sms.endpoints import EndpointLookup
from patterns.two_way_sms.inbound import Inbound
from patterns.two_way_sms.words import normal_form
from pinpoint_runtime.project_events import ProjectEvent, put_events, timestamp

OPT_OUT_EVENT: Final = "two_way_sms.opt_out"
OPT_IN_EVENT: Final = "two_way_sms.opt_in"


class OptInRefused(Exception):
    """The opt-out list keeps the number. `reason` is End User Messaging's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotRecorded(Exception):
    """The project did not take all of a change of mind: it has to be told again."""


@dataclass(frozen=True)
class OptOutList:
    """A list of numbers that End User Messaging sends nothing to.

    Attributes:
        sms: A boto3 client of `pinpoint-sms-voice-v2`.
        name: The list's.
    """

    sms: Any
    name: str

    def put(self, number: str) -> None:
        """Put a number on the list; one that is on it stays there."""
        self.sms.put_opted_out_number(OptOutListName=self.name, OptedOutNumber=number)

    def delete(self, number: str) -> None:
        """Take a number off the list; one that is not on it stays off.

        Raises:
            OptInRefused: A number comes off a list once in 30 days, and some not at all.
        """
        try:
            self.sms.delete_opted_out_number(OptOutListName=self.name, OptedOutNumber=number)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                return
            if code in ("ValidationException", "ConflictException"):
                raise OptInRefused(str(error.response.get("Reason", code))) from error
            raise


@dataclass(frozen=True)
class Consents:
    """Records who wants messages.

    Attributes:
        conversations: The table.
        pinpoint: A boto3 client.
        application_id: The project.
        lookup: Finds a handset's endpoints.
        opt_out_list: None to leave End User Messaging's lists alone.
        clock: Epoch seconds.
    """

    conversations: Conversations
    pinpoint: Any
    application_id: str
    lookup: EndpointLookup
    opt_out_list: OptOutList | None
    clock: Callable[[], float] = time.time

    def opt_out(self, taken: Taken, inbound: Inbound) -> None:
        """Record that a handset wants no more messages. May be repeated.

        Raises:
            NotRecorded: The project did not take the event.
        """
        self.conversations.keep_consent(taken, Consent(opted_out=True, at=inbound.at))
        self._tell_project(taken, inbound, "ALL", OPT_OUT_EVENT)

    def opt_in(self, taken: Taken, inbound: Inbound, *, list_too: bool) -> None:
        """Record that a handset wants messages again. May be repeated.

        Args:
            taken: The conversation.
            inbound: The message that says so.
            list_too: Whether the opt-out list is to be changed: not if End User Messaging did it.

        Raises:
            OptInRefused: The opt-out list keeps the number: nothing was changed.
            NotRecorded: The project did not take the event.
        """
        if list_too and self.opt_out_list is not None:
            self.opt_out_list.delete(inbound.sender)
        self._tell_project(taken, inbound, "NONE", OPT_IN_EVENT)
        self.conversations.keep_consent(taken, Consent(opted_out=False, at=inbound.at))

    def close(self, inbound: Inbound) -> None:
        """Put a handset on the opt-out list, once its opt-out is confirmed."""
        if self.opt_out_list is not None:
            self.opt_out_list.put(inbound.sender)

    def _tell_project(self, taken: Taken, inbound: Inbound, opt_out: str, event_type: str) -> None:
        ids = list(self.lookup.endpoint_ids(inbound.sender, taken.conversation.state))
        for endpoint_id in ids:
            self.pinpoint.update_endpoint(
                ApplicationId=self.application_id,
                EndpointId=endpoint_id,
                EndpointRequest={"ChannelType": "SMS", "Address": inbound.sender, "OptOut": opt_out},
            )
        events = [
            ProjectEvent(endpoint_id, f"{inbound.id}-{number}", self._event(inbound, event_type))
            for number, endpoint_id in enumerate(ids)
        ]
        refused = put_events(self.pinpoint, self.application_id, events)
        if refused:
            raise NotRecorded(", ".join(sorted({each.reason for each in refused.values()})))

    def _event(self, inbound: Inbound, event_type: str) -> Mapping[str, Any]:
        return {
            "EventType": event_type,
            "Timestamp": timestamp(self.clock()),
            "Attributes": {
                "number": inbound.number,
                "keyword": normal_form(inbound.body)[:30],
                "inbound_message_id": inbound.id,
            },
        }
