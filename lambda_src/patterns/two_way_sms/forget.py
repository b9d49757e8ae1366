"""Erasure of a person from the conversations: of each handset of theirs with each number of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from patterns.two_way_sms.conversations import forget
from patterns.two_way_sms.inbound import conversation_id
from pinpoint_runtime.clients import client


@dataclass(frozen=True)
class ConversationsStore:
    """The table. That a handset wants no messages stays: it is known by a digest, and has to be respected.

    Attributes:
        dynamodb: A boto3 client.
        sms_voice: A boto3 client of End User Messaging, which knows our numbers.
        table_name: The table.
    """

    dynamodb: Any
    sms_voice: Any
    table_name: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """All of the conversations, whose names follow from the numbers."""
        del after
        handsets = [address for address in sorted(person.addresses) if address.startswith("+")]
        if not handsets:
            return Swept(0)
        pages = self.sms_voice.get_paginator("describe_phone_numbers").paginate()
        ours = [number["PhoneNumber"] for page in pages for number in page["PhoneNumbers"]]
        names = [conversation_id(handset, number) for handset in handsets for number in ours]
        return Swept(sum(forget(self.dynamodb, self.table_name, name) for name in names))


def store(told: Mapping[str, Any]) -> ConversationsStore:
    """The table that a description names."""
    return ConversationsStore(client("dynamodb"), client("pinpoint-sms-voice-v2"), told["place"])
