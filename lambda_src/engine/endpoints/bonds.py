"""What must agree with an endpoint: the owner of its address, its user's list, the names in use.

An address has one ACTIVE endpoint a channel, its owner; a user has at most fifteen endpoints; an
application knows at most 250 attribute names. All of it changes with the endpoint or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import choices
from engine.endpoints.rules import MAX_ENDPOINTS_PER_USER, MAX_NAMES_PER_APPLICATION, YIELDING_CHANNEL_TYPES
from engine.endpoints.working_set import WorkingSet
from engine.errors import BadRequest
from engine.store import Document, Key, address_key, endpoint_key, user_key


def names_key(application_id: str) -> Key:
    """Where the attribute names of an application are."""
    return Key(f"APP#{application_id}", "NAMES")


def owner_key(document: Mapping[str, Any]) -> Key | None:
    """Where the owner of the endpoint's address is, None if it has no address on a channel."""
    if not document.get("Address") or not document.get("ChannelType"):
        return None
    channel = document["ChannelType"] if choices.TWINS_SHARE_A_CHANNEL else "*"
    return address_key(document["ApplicationId"], channel, document["Address"])


def list_key(document: Mapping[str, Any]) -> Key | None:
    """Where the list of the endpoint's user is, None if it has no user."""
    user_id = document.get("User", {}).get("UserId")
    return user_key(document["ApplicationId"], user_id) if user_id else None


@dataclass(frozen=True)
class Bonds:
    """Puts endpoints into a working set together with all that must agree with them."""

    work: WorkingSet
    application_id: str

    def put(self, document: Document) -> None:
        """Write an endpoint.

        Raises:
            BadRequest: Its user has fifteen others, or the application too many attribute names.
        """
        key = endpoint_key(self.application_id, document["Id"])
        stored = self.work.get(key)
        self._know_names(document)
        self.work.put(key, document)
        self._move_address(stored, document)
        self._move_user(stored, document)

    def remove(self, endpoint_id: str) -> Document | None:
        """Remove an endpoint, and give it as it was."""
        key = endpoint_key(self.application_id, endpoint_id)
        stored = self.work.get(key)
        if stored is not None:
            self.work.put(key, None)
            self._release(owner_key(stored), stored["Id"])
            self._leave(list_key(stored), stored["Id"])
        return stored

    def _know_names(self, document: Document) -> None:
        known = self.work.get(names_key(self.application_id)) or {}
        here = {
            "Attributes": document.get("Attributes", {}),
            "Metrics": document.get("Metrics", {}),
            "UserAttributes": document.get("User", {}).get("UserAttributes", {}),
        }
        merged = {kind: sorted({*known.get(kind, ()), *names}) for kind, names in here.items()}
        if merged == known:
            return
        count = sum(map(len, merged.values()))
        new = count - sum(map(len, known.values()))
        if not new:
            return
        if count > MAX_NAMES_PER_APPLICATION:
            raise BadRequest(
                f"an application has at most {MAX_NAMES_PER_APPLICATION} names of attributes, metrics and "
                f"user attributes; this endpoint would bring {new} new ones and make it {count}"
            )
        self.work.put(names_key(self.application_id), merged)

    def _move_address(self, stored: Document | None, document: Document) -> None:
        former = owner_key(stored) if stored is not None else None
        current = owner_key(document) if document["EndpointStatus"] == "ACTIVE" else None
        if former is not None and former != current:
            self._release(former, document["Id"])
        if current is None:
            return
        owner = self.work.get(current)
        if owner is not None and owner["Id"] != document["Id"].lower():
            twin_key = endpoint_key(self.application_id, owner["Id"])
            twin = self.work.get(twin_key)
            if twin is not None:
                self.work.put(twin_key, {**twin, "EndpointStatus": "INACTIVE"})
        self.work.put(current, {"Id": document["Id"].lower()})

    def _move_user(self, stored: Document | None, document: Document) -> None:
        former = list_key(stored) if stored is not None else None
        current = list_key(document)
        if former is not None and former != current:
            self._leave(former, document["Id"])
        if current is None:
            return
        members: list[str] = (self.work.get(current) or {"Ids": []})["Ids"]
        endpoint_id = document["Id"].lower()
        if endpoint_id in members:
            return
        if len(members) >= MAX_ENDPOINTS_PER_USER:
            self._make_room(members, document)
            members = (self.work.get(current) or {"Ids": []})["Ids"]
        self.work.put(current, {"Ids": [*members, endpoint_id]})

    def _make_room(self, members: list[str], document: Document) -> None:
        """The user's push endpoint with the oldest date gives way to a new push endpoint."""
        refused = BadRequest(f"a user has at most {MAX_ENDPOINTS_PER_USER} endpoints")
        if document.get("ChannelType") not in YIELDING_CHANNEL_TYPES:
            raise refused
        keys = [endpoint_key(self.application_id, member) for member in members]
        self.work.load(keys)
        yielding = [
            other
            for key in keys
            if (other := self.work.get(key)) is not None
            and other.get("ChannelType") in YIELDING_CHANNEL_TYPES
        ]
        if not yielding:
            raise refused
        oldest = min(yielding, key=lambda other: str(other["EffectiveDate"]))
        user = {name: value for name, value in oldest["User"].items() if name != "UserId"}
        self.put({**oldest, "EndpointStatus": "INACTIVE", "User": user})

    def _release(self, key: Key | None, endpoint_id: str) -> None:
        if key is not None and (self.work.get(key) or {}).get("Id") == endpoint_id.lower():
            self.work.put(key, None)

    def _leave(self, key: Key | None, endpoint_id: str) -> None:
        if key is None:
            return
        members = [m for m in (self.work.get(key) or {"Ids": []})["Ids"] if m != endpoint_id.lower()]
        self.work.put(key, {"Ids": members} if members else None)
