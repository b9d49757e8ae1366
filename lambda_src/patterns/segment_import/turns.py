"""Turns: so many campaigns at once and no more, whoever dies in between.

A seat in the table is one campaign that may run. Whoever has it renews its lease; a lease that ran out
tells that nobody watches the campaign any more, not that it has ended. So the seat is free only if the
campaign of that name does not run, and otherwise its lease is renewed in the place of who is gone.

| pk | sk | holds |
|---|---|---|
| `seat` | number | who has it, the name of the campaign, until when |
| `waiting` | time of arrival and who | until when: who asks no more is passed over |
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

# Far longer than the longest wait between two looks and the longest call.
LEASE_SECONDS: Final = 900
_DAY: Final = 86_400


@dataclass(frozen=True)
class Ticket:
    """A campaign that wants its turn.

    Attributes:
        holder: Whose it is: the same however often a step is repeated.
        campaign: The campaign's name, which no other has.
        arrived: Date and time in ISO 8601, UTC.
    """

    holder: str
    campaign: str
    arrived: str


@dataclass(frozen=True)
class _Seat:
    """A seat that is taken, as it was read."""

    number: str
    holder: str
    campaign: str
    until: int


@dataclass(frozen=True)
class Turns:
    """Who may run a campaign.

    Attributes:
        dynamodb: A boto3 DynamoDB client.
        table: The table's name.
        at_once: How many campaigns may run.
        is_running: Whether the campaign of a name runs.
        now: Epoch seconds.
    """

    dynamodb: Any
    table: str
    at_once: int
    is_running: Callable[[str], bool]
    now: Callable[[], float] = time.time

    def take(self, ticket: Ticket) -> bool:
        """Take a seat if there is one that nobody else waits for longer; say whether the ticket has one."""
        if self.renew(ticket):
            return True
        self._wait(ticket)
        taken = [seat for seat in self._seats() if not self._was_left(seat)]
        free = self.at_once - len(taken)
        if free <= 0 or free <= self._ahead_of(ticket):
            return False
        numbers = {seat.number for seat in taken}
        if any(
            self._sit(number, ticket) for number in map(str, range(self.at_once)) if number not in numbers
        ):
            self._leave_the_line(ticket)
            return True
        return False

    def renew(self, ticket: Ticket) -> bool:
        """Keep the seat for another lease; False if the ticket has none."""
        mine = next((seat for seat in self._seats() if seat.holder == ticket.holder), None)
        return mine is not None and self._prolong(mine)

    def give_back(self, ticket: Ticket) -> None:
        """Leave the seat, if the ticket has one."""
        for seat in self._seats():
            if seat.holder == ticket.holder:
                self._delete(seat)

    def _was_left(self, seat: _Seat) -> bool:
        """Whether nobody is behind a seat any more; then it is cleared."""
        if seat.until > self.now():
            return False
        if self.is_running(seat.campaign):
            self._prolong(seat)
            return False
        return self._delete(seat)

    def _seats(self) -> list[_Seat]:
        return [
            _Seat(item["sk"]["S"], item["holder"]["S"], item["campaign"]["S"], int(item["until"]["N"]))
            for page in self._query("pk = :pk", {":pk": {"S": "seat"}})
            for item in page["Items"]
        ]

    def _ahead_of(self, ticket: Ticket) -> int:
        pages = self._query(
            "pk = :pk AND sk < :mine",
            {":pk": {"S": "waiting"}, ":mine": {"S": _place(ticket)}, ":now": {"N": str(int(self.now()))}},
            FilterExpression="#until > :now",
            ExpressionAttributeNames={"#until": "until"},
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    def _query(self, condition: str, values: Mapping[str, Any], **more: Any) -> Iterator[dict[str, Any]]:
        pages: Iterator[dict[str, Any]] = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **more,
        )
        return pages

    def _wait(self, ticket: Ticket) -> None:
        until = self._until()
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                "pk": {"S": "waiting"},
                "sk": {"S": _place(ticket)},
                "until": {"N": str(until)},
                "ttl": {"N": str(until + _DAY)},
            },
        )

    def _leave_the_line(self, ticket: Ticket) -> None:
        self.dynamodb.delete_item(
            TableName=self.table, Key={"pk": {"S": "waiting"}, "sk": {"S": _place(ticket)}}
        )

    def _sit(self, number: str, ticket: Ticket) -> bool:
        item = {
            **_seat_key(number),
            "holder": {"S": ticket.holder},
            "campaign": {"S": ticket.campaign},
            "until": {"N": str(self._until())},
        }
        return self._if_unchanged(
            self.dynamodb.put_item, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )

    def _prolong(self, seat: _Seat) -> bool:
        return self._if_unchanged(
            self.dynamodb.update_item,
            Key=_seat_key(seat.number),
            UpdateExpression="SET #until = :until",
            ConditionExpression="holder = :holder",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={
                ":until": {"N": str(self._until())},
                ":holder": {"S": seat.holder},
            },
        )

    def _delete(self, seat: _Seat) -> bool:
        return self._if_unchanged(
            self.dynamodb.delete_item,
            Key=_seat_key(seat.number),
            ConditionExpression="holder = :holder AND #until = :until",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={
                ":holder": {"S": seat.holder},
                ":until": {"N": str(seat.until)},
            },
        )

    def _if_unchanged(self, call: Callable[..., Any], **request: Any) -> bool:
        try:
            call(TableName=self.table, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _until(self) -> int:
        return int(self.now()) + LEASE_SECONDS


def _place(ticket: Ticket) -> str:
    return f"{ticket.arrived}#{ticket.holder}"


def _seat_key(number: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": "seat"}, "sk": {"S": number}}
