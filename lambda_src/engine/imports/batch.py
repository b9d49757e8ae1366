"""A hundred rows at a time: written as endpoints, as members of the segment, or both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.context import Context, iso
from engine.endpoints.access import users_endpoints
from engine.endpoints.apply import apply_changes, check_change
from engine.endpoints.change import EndpointChange
from engine.endpoints.merge import merge
from engine.endpoints.rules import check_size
from engine.errors import BadRequest, TooManyRequests
from engine.imports.rows import EndpointRow, Row, UsersRow
from engine.store import Document, Put, member_key


@dataclass(frozen=True)
class Accepted:
    """The row was taken, with these members of the segment.

    Attributes:
        members: As the segment keeps them.
        refused: Of a row of users, why some of them were not: one reason a user.
    """

    members: tuple[Document, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchOfRows:
    """Applies rows in the way their job asks for.

    Attributes:
        context: The table.
        job: The job's document.
        piece: Where the piece starts: the mark of its members.
    """

    context: Context
    job: Document
    piece: int

    def apply(self, rows: Sequence[Row]) -> list[Accepted | str]:
        """Write rows; gives for each that it was taken, or why not."""
        register = bool(self.job["Definition"].get("RegisterEndpoints"))
        endpoints = [row for row in rows if isinstance(row, EndpointRow)]
        applied = iter(self._register(endpoints) if register else self._only_members(endpoints))
        found = iter(self._users([row for row in rows if isinstance(row, UsersRow)]))
        results = [next(applied) if isinstance(row, EndpointRow) else next(found) for row in rows]
        if self.job["Definition"].get("DefineSegment"):
            self._write_members(result for result in results if isinstance(result, Accepted))
        return results

    def _register(self, rows: Sequence[EndpointRow]) -> list[Accepted | str]:
        application_id: str = self.job["ApplicationId"]
        changes = [EndpointChange(row.endpoint_id, row.request, complete_when_new=True) for row in rows]
        results: list[Accepted | str] = []
        for outcome in apply_changes(self.context, application_id, changes):
            if isinstance(outcome.error, TooManyRequests):
                # Not the row's fault: the piece is worked on again.
                raise outcome.error
            if outcome.document is None:
                results.append(outcome.error.message if outcome.error else "the endpoint was refused")
            else:
                results.append(Accepted((_registered(outcome.document),)))
        return results

    def _only_members(self, rows: Sequence[EndpointRow]) -> list[Accepted | str]:
        return [self._only_member(row) for row in rows]

    def _only_member(self, row: EndpointRow) -> Accepted | str:
        missing = [member for member in ("Address", "ChannelType") if not row.request.get(member)]
        if missing:
            return f"an endpoint that is not registered needs {' and '.join(missing)}"
        try:
            check_change(EndpointChange(row.endpoint_id, row.request))
            document = merge(
                None,
                row.request,
                application_id=self.job["ApplicationId"],
                endpoint_id=row.endpoint_id,
                # The job's own moment: a row that is read twice gives the same document.
                moment=self.job.get("CreationDate") or iso(self.context.now()),
            )
            check_size(document)
        except BadRequest as refusal:
            return refusal.message
        return Accepted(({"Id": row.endpoint_id, "Channel": document["ChannelType"], "Endpoint": document},))

    def _users(self, rows: Sequence[UsersRow]) -> list[Accepted]:
        wanted = {user_id for row in rows for user_id in row.user_ids}
        found = users_endpoints(self.context, self.job["ApplicationId"], sorted(wanted))
        return [_members_of(row, found) for row in rows]

    def _write_members(self, accepted: Iterable[Accepted]) -> None:
        definition = self.job["Definition"]
        puts: dict[Any, Put] = {}
        for result in accepted:
            for member in result.members:
                key = member_key(self.job["ApplicationId"], definition["SegmentId"], member["Id"])
                # The last row of an endpoint counts, and one call may name an item only once.
                puts[key] = Put(key, member | {"Job": self.job["Id"], "Piece": self.piece})
        self.context.store.put_all(puts.values())


def _registered(endpoint: Document) -> Document:
    return {"Id": endpoint["Id"], "Channel": endpoint.get("ChannelType", "")}


def _members_of(row: UsersRow, found: Mapping[str, Sequence[Document]]) -> Accepted:
    members = [_registered(endpoint) for user_id in row.user_ids for endpoint in found[user_id]]
    # By their place: a user's id is nothing for a list of failures.
    refused = [
        f"user {place} of {len(row.user_ids)} in this row has no endpoints"
        for place, user_id in enumerate(row.user_ids, 1)
        if not found[user_id]
    ]
    return Accepted(tuple(members), tuple(refused))
