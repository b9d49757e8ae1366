"""Who is to be forgotten, and whether a document names them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, cast

_USER_FIELDS: Final = frozenset({"UserId", "user_id", "userId", "User.UserId"})
_ENDPOINT_FIELDS: Final = frozenset({"EndpointId", "endpoint_id", "endpointId", "client_id", "Id"})
# The partitions of an inbox.
_KEY_FIELDS: Final = frozenset({"pk", "sk"})


@dataclass(frozen=True)
class Person:
    """What a person is known by.

    Attributes:
        user_id: Empty where only endpoints are known.
        endpoint_ids: As the project has them; compared in lower case, as the project does.
        addresses: Of any channel; compared in lower case as well, since mail servers change it.
    """

    user_id: str = ""
    endpoint_ids: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @cached_property
    def lowered_addresses(self) -> frozenset[str]:
        """As they are compared."""
        return frozenset(address.lower() for address in self.addresses)

    @property
    def digest(self) -> str:
        """What logs may say of the person."""
        known = json.dumps([self.user_id, sorted(self.endpoint_ids), sorted(self.addresses)])
        return hashlib.sha256(known.encode()).hexdigest()[:16]

    def named_in(self, value: Any, field: str = "") -> bool:
        """Whether a document names the person.

        An id counts only in a field that holds ids of its kind, since an id may be any word, such as
        `EMAIL`; an address counts wherever it stands alone. JSON within a text is looked through.

        Args:
            value: Parsed JSON, or an item's plain values.
            field: The name under which it stands.
        """
        if isinstance(value, Mapping):
            members = cast("Mapping[str, Any]", value).items()
            return any(self._is_key(name) or self.named_in(member, name) for name, member in members)
        if isinstance(value, (list, tuple, set, frozenset)):
            return any(self.named_in(member, field) for member in cast("list[Any]", value))
        return isinstance(value, str) and self._in_text(value, field)

    def named_in_text(self, text: str | bytes) -> bool:
        """Whether a text, JSON as a rule, names the person; one that is none does if it holds an address."""
        try:
            return self.named_in(json.loads(text))
        except (ValueError, RecursionError):
            read = text.decode(errors="replace") if isinstance(text, bytes) else text
            return any(address in read.lower() for address in self.lowered_addresses)

    def _is_key(self, name: str) -> bool:
        # Messages have endpoints and addresses as the names of members.
        return name.lower() in self.lowered_addresses or name.lower() in self.endpoint_ids

    def _in_text(self, text: str, field: str) -> bool:
        if text.lower() in self.lowered_addresses:
            return True
        if field in _USER_FIELDS:
            return bool(self.user_id) and text == self.user_id
        if field in _ENDPOINT_FIELDS:
            return text.lower() in self.endpoint_ids
        if field in _KEY_FIELDS:
            return self._in_key(text)
        return text[:1] in ("{", "[") and self.named_in_text(text)

    def _in_key(self, text: str) -> bool:
        kind, _, name = text.partition("#")
        match kind:
            case "USER":
                return bool(self.user_id) and name == self.user_id
            case "ENDPOINT":
                return name.lower() in self.endpoint_ids
            case _:
                return False


def person(user_id: str = "", endpoint_ids: tuple[str, ...] = (), addresses: tuple[str, ...] = ()) -> Person:
    """A person, of whom empty texts say nothing."""
    return Person(
        user_id,
        frozenset(each.lower() for each in endpoint_ids if each),
        frozenset(each for each in addresses if each),
    )
