"""What a change comes to for each endpoint of a user."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from patterns.user_endpoints.errors import BadInput, EndpointNotFound
from patterns.user_endpoints.preferences import OPT_OUT, Change, Schema, Wish, Wishes


@dataclass(frozen=True)
class EndpointUpdate:
    """What one endpoint is to become.

    Attributes:
        endpoint_id: As the endpoint has it.
        channel_type: Its channel; empty if it has none.
        preferences: The whole list of each preference that changes.
        opt_out: `ALL` or `NONE`, if that changes.
        inactive: Whether it is inactive now, and has to stay so.
    """

    endpoint_id: str
    channel_type: str
    preferences: Mapping[str, Sequence[str]]
    opt_out: str | None = None
    inactive: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What changes, by name."""
        return (*self.preferences, *([OPT_OUT] if self.opt_out else []))

    @property
    def endpoint_request(self) -> dict[str, Any]:
        """The members of `EndpointRequest` to send: what is not sent is kept."""
        request: dict[str, Any] = {}
        if self.preferences:
            request["Attributes"] = {name: list(values) for name, values in self.preferences.items()}
        if self.opt_out:
            request["OptOut"] = self.opt_out
        if self.inactive:
            # Any write makes an endpoint active, and takes its address from whoever has it now.
            request["EndpointStatus"] = "INACTIVE"
        return request

    def value(self, name: str) -> str:
        """What a name becomes, on one line."""
        return self.opt_out or "" if name == OPT_OUT else ",".join(self.preferences[name])

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def updates_for(
    change: Change, schema: Schema, endpoints: Sequence[Mapping[str, Any]]
) -> tuple[EndpointUpdate, ...]:
    """The updates that a change comes to; an endpoint that is already as wished has none.

    Args:
        change: What is wanted.
        schema: Which preferences there are.
        endpoints: The user's, as `GetUserEndpoints` gives them.

    Raises:
        EndpointNotFound: The change names an endpoint that the user does not have.
        BadInput: It wants a preference of an endpoint whose channel has none such.
    """
    # Endpoint ids are the same in upper and lower case.
    single = {name.lower(): wishes for name, wishes in change.endpoints.items()}
    known = {str(endpoint["Id"]).lower() for endpoint in endpoints}
    if not known.issuperset(single):
        raise EndpointNotFound("the user has no endpoint of this id", field="endpoints")
    updates = [
        _update(change.everywhere, single.get(str(endpoint["Id"]).lower()), schema, endpoint)
        for endpoint in endpoints
    ]
    return tuple(update for update in updates if update.names)


def _update(
    everywhere: Wishes, single: Wishes | None, schema: Schema, endpoint: Mapping[str, Any]
) -> EndpointUpdate:
    own = single or Wishes()
    wishes: dict[str, Wish] = {
        name: wish for name, wish in everywhere.preferences.items() if schema[name].applies_to(endpoint)
    }
    for name, wish in own.preferences.items():
        if not schema[name].applies_to(endpoint):
            allowed = ", ".join(sorted(schema[name].channels))
            raise BadInput(f"{name} is a preference of {allowed} endpoints only", field="endpoints")
        wishes[name] = wish
    stored: Mapping[str, Sequence[str]] = endpoint.get("Attributes", {})
    wished = {name: wish.applied(stored.get(name, ())) for name, wish in wishes.items()}
    opt_out = own.opt_out or everywhere.opt_out
    return EndpointUpdate(
        endpoint_id=str(endpoint["Id"]),
        channel_type=str(endpoint.get("ChannelType", "")),
        preferences={
            name: values for name, values in wished.items() if list(values) != list(stored.get(name, ()))
        },
        opt_out=opt_out if opt_out != endpoint.get("OptOut") else None,
        inactive=endpoint.get("EndpointStatus") == "INACTIVE",
    )
