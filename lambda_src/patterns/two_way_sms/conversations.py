"""Conversations in DynamoDB: who works on one, its state, what each message was answered, and consent.

One partition a conversation. `CONVERSATION` is the lock, the line before it and the state; `CONSENT` says
whether the handset wants messages; `MESSAGE#<id>` holds what a message is answered, from when that is known
until it is sent. No item has a phone number in it. `ttl` is epoch seconds; an opt-out has none.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from botocore.exceptions import ClientError

from patterns.two_way_sms.inbound import Inbound
from patterns.two_way_sms.responder import Conversation

_CONVERSATION: Final = {"S": "CONVERSATION"}
_CONSENT: Final = {"S": "CONSENT"}
# How long the others still wait when a message that comes again is late.
_GRACE: Final = 30.0
# Longer than a queue and its dead letters keep a message.
_KEEP_ANSWERS: Final = 30 * 86400.0
_HELD: Final = "holder = :me AND lease = :lease"


@dataclass(frozen=True)
class Consent:
    """Whether a handset wants messages of a number.

    Attributes:
        opted_out: It does not.
        at: When the message that decided it was sent, epoch milliseconds; 0 if none did.
    """

    opted_out: bool = False
    at: int = 0


@dataclass(frozen=True)
class Answer:
    """What a message is answered.

    Attributes:
        text: Nothing is sent if it is empty.
        kind: What it is: `REPLY`, `HELP`, `OPT_OUT`, `OPT_IN`, or why it is empty.
    """

    text: str
    kind: str


@dataclass(frozen=True)
class Taken:
    """The caller may work on the conversation until `lease` (epoch seconds, as DynamoDB has it).

    `waiting` is what it leaves the line with, of its own and of those that never came again.
    """

    conversation: Conversation
    holder: str
    lease: str
    last_at: int
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Busy:
    """It is another message's turn: for so many seconds, if it is worked on or waits to come again."""

    seconds: float


@dataclass(frozen=True)
class Seen:
    """What is known of a message. `done` says that nothing is left to do for it."""

    consent: Consent
    answer: Answer | None
    done: bool


Take: TypeAlias = Taken | Busy


class Conversations:
    """The table. Safe to use from several threads.

    Args:
        dynamodb: A boto3 client.
        table_name: A table keyed by `pk` and `sk`, with the TTL attribute `ttl`.
        lease: Seconds that work on a message may take; longer than the worker's timeout.
        keep: Seconds of silence after which a conversation's state is forgotten.
    """

    def __init__(
        self,
        dynamodb: Any,
        table_name: str,
        *,
        lease: float,
        keep: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table_name
        self._lease = lease
        self._keep = keep
        self._clock = clock

    def take(self, conversation_id: str, holder: str, at: int, *, patient: bool = True) -> Take:
        """Ask to work on a conversation. Who has to wait stands in a line, ordered by the times of messages.

        Args:
            conversation_id: The conversation.
            holder: The message of the queue; while it waits to come again, no other is let in.
            at: When the message was sent, epoch milliseconds.
            patient: Whether to let older ones that wait go first. Some may never come again.
        """
        place = f"{at:015d}#{holder}"
        now = self._clock()
        try:
            item = self._lock(conversation_id, holder, now)
        except ClientError as error:
            if not _condition_failed(error):
                raise
            found = error.response["Item"]
            self._line_up(conversation_id, place, found)
            return Busy(max(0.0, _until(found, holder) - now))
        older = tuple(each for each in _waiting(item) if each < place)
        conversation = Conversation(conversation_id, json.loads(item.get("state", {"S": "{}"})["S"]))
        taken = Taken(conversation, holder, item["lease"]["N"], _last_at(item))
        if older and patient:
            self._line_up(conversation_id, place, item)
            self.give_back(taken)
            return Busy(0.0)
        return replace(taken, waiting=(place, *older))

    def leave(self, conversation_id: str, holder: str, at: int) -> None:
        """Leave the line without having had a turn."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"pk": {"S": conversation_id}, "sk": _CONVERSATION},
            UpdateExpression="DELETE waiting :places",
            ExpressionAttributeValues={":places": {"SS": [f"{at:015d}#{holder}"]}},
        )

    def look(self, taken: Taken, inbound: Inbound) -> Seen:
        """What is known of a message and of its sender's consent."""
        keys = [_key(taken, _CONSENT), _key(taken, _message(inbound))]
        answer = self._dynamodb.batch_get_item(
            RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
        )
        if answer.get("UnprocessedKeys"):
            raise ConnectionError("DynamoDB did not read all")
        items = {item["sk"]["S"]: item for item in answer["Responses"][self._table]}
        message = items.get(_message(inbound)["S"], {})
        known = Answer(message["text"]["S"], message["kind"]["S"]) if "text" in message else None
        return Seen(_consent(items.get(_CONSENT["S"], {})), known, "done" in message)

    def keep_answer(
        self, taken: Taken, inbound: Inbound, answer: Answer, state: Mapping[str, Any] | None
    ) -> None:
        """Keep what a message is answered, and move the conversation on: both or neither.

        Args:
            taken: The conversation.
            inbound: The message. A late one moves nothing.
            answer: What it is answered.
            state: What the next message will find; None leaves it.

        Raises:
            ClientError: Somebody else has the conversation by now, among others.
        """
        changes = "SET last_at = :at"
        values = {
            ":at": {"N": str(max(inbound.at, taken.last_at))},
            ":me": {"S": taken.holder},
            ":lease": {"N": taken.lease},
        }
        if state is not None and not taken.conversation.late:
            changes += ", #state = :state"
            values[":state"] = {"S": json.dumps(dict(state))}
        self._dynamodb.transact_write_items(
            TransactItems=[
                {"Update": self._answered(taken, inbound, answer)},
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": _key(taken, _CONVERSATION),
                        "UpdateExpression": changes,
                        "ConditionExpression": _HELD,
                        "ExpressionAttributeValues": values,
                        **({"ExpressionAttributeNames": {"#state": "state"}} if ":state" in values else {}),
                    }
                },
            ]
        )

    def keep_consent(self, taken: Taken, consent: Consent) -> None:
        """Write down whether the handset wants messages."""
        item = {
            **_key(taken, _CONSENT),
            "opted_out": {"BOOL": consent.opted_out},
            "at": {"N": str(consent.at)},
        }
        # Whoever opted out stays so; that somebody opted in needs to be known while older messages may come.
        expires = {} if consent.opted_out else {"ttl": self._expiry(_KEEP_ANSWERS)}
        self._dynamodb.put_item(TableName=self._table, Item={**item, **expires})

    def failed(self, taken: Taken, inbound: Inbound) -> int:
        """Count a failure to answer a message.

        Returns:
            How many there were since the message was last put back.
        """
        counter = f"failures{inbound.generation}"
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key=_key(taken, _message(inbound)),
            UpdateExpression="SET #ttl = :ttl ADD #failures :one",
            ExpressionAttributeNames={"#ttl": "ttl", "#failures": counter},
            ExpressionAttributeValues={":ttl": self._expiry(_KEEP_ANSWERS), ":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"][counter]["N"])

    def done(self, taken: Taken, inbound: Inbound) -> None:
        """Note that nothing is left to do for a message, and forget what it was answered."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key=_key(taken, _message(inbound)),
            UpdateExpression="SET done = :yes REMOVE #text",
            ExpressionAttributeNames={"#text": "text"},
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def give_back(self, taken: Taken) -> None:
        """Let the next message in."""
        leaving = taken.waiting
        line = (" DELETE waiting :places", {":places": {"SS": list(leaving)}}) if leaving else ("", {})
        self._change(taken, f"REMOVE holder, lease, reserved{line[0]}", line[1])

    def reserve(self, taken: Taken, seconds: float) -> None:
        """Let nobody in but the holder, which comes again after so many seconds."""
        values = {":free": {"N": "0"}, ":until": {"N": str(self._clock() + seconds + _GRACE)}}
        self._change(taken, "SET lease = :free, reserved = :until", values)

    def _lock(self, conversation_id: str, holder: str, now: float) -> dict[str, Any]:
        """Take the lock, and give the conversation's item."""
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key={"pk": {"S": conversation_id}, "sk": _CONVERSATION},
            UpdateExpression="SET holder = :me, lease = :lease, reserved = :lease, #ttl = :ttl",
            ConditionExpression=(
                "attribute_not_exists(holder) OR (lease <= :now AND (holder = :me OR reserved <= :now))"
            ),
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":me": {"S": holder},
                ":lease": {"N": str(now + self._lease)},
                ":now": {"N": str(now)},
                ":ttl": self._expiry(self._keep),
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        item: dict[str, Any] = answer["Attributes"]
        return item

    def _line_up(self, conversation_id: str, place: str, item: Mapping[str, Any]) -> None:
        if place not in _waiting(item):
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": conversation_id}, "sk": _CONVERSATION},
                UpdateExpression="ADD waiting :places",
                ExpressionAttributeValues={":places": {"SS": [place]}},
            )

    def _answered(self, taken: Taken, inbound: Inbound, answer: Answer) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": _key(taken, _message(inbound)),
            "UpdateExpression": "SET #text = :text, kind = :kind, #ttl = :ttl",
            "ConditionExpression": "attribute_not_exists(kind)",
            "ExpressionAttributeNames": {"#text": "text", "#ttl": "ttl"},
            "ExpressionAttributeValues": {
                ":text": {"S": answer.text},
                ":kind": {"S": answer.kind},
                ":ttl": self._expiry(_KEEP_ANSWERS),
            },
        }

    def _change(self, taken: Taken, expression: str, values: Mapping[str, Any]) -> None:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(taken, _CONVERSATION),
                UpdateExpression=expression,
                ConditionExpression=_HELD,
                ExpressionAttributeValues={
                    ":me": {"S": taken.holder},
                    ":lease": {"N": taken.lease},
                    **values,
                },
            )
        except ClientError as error:
            # The lease ran out, and somebody else has it: it is theirs to give back.
            if not _condition_failed(error):
                raise

    def _expiry(self, seconds: float) -> dict[str, str]:
        return {"N": str(int(self._clock() + seconds))}


def forget(dynamodb: Any, table_name: str, conversation_id: str, *, opt_out_too: bool = False) -> int:
    """Erase a conversation.

    Args:
        dynamodb: A boto3 client.
        table_name: The table.
        conversation_id: By `inbound.conversation_id` of the handset and a number of ours.
        opt_out_too: Whether to forget that the handset wants no messages as well.

    Returns:
        How many items there were.
    """
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": conversation_id}},
        ConsistentRead=True,
    )
    erased = 0
    for page in pages:
        for item in page["Items"]:
            if item["sk"] == _CONSENT and not opt_out_too and _consent(item).opted_out:
                continue
            dynamodb.delete_item(TableName=table_name, Key={"pk": item["pk"], "sk": item["sk"]})
            erased += 1
    return erased


def _key(taken: Taken, sort_key: Mapping[str, str]) -> dict[str, Any]:
    return {"pk": {"S": taken.conversation.id}, "sk": sort_key}


def _message(inbound: Inbound) -> dict[str, str]:
    return {"S": f"MESSAGE#{inbound.id}"}


def _waiting(item: Mapping[str, Any]) -> list[str]:
    places: list[str] = item.get("waiting", {"SS": []})["SS"]
    return places


def _consent(item: Mapping[str, Any]) -> Consent:
    return Consent(item["opted_out"]["BOOL"], int(item["at"]["N"])) if item else Consent()


def _last_at(item: Mapping[str, Any]) -> int:
    return int(item.get("last_at", {"N": "0"})["N"])


def _until(item: Mapping[str, Any], holder: str) -> float:
    lease = float(item["lease"]["N"])
    return lease if item["holder"]["S"] == holder else max(lease, float(item["reserved"]["N"]))


def _condition_failed(error: ClientError) -> bool:
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")
