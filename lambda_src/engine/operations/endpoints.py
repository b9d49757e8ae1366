"""Endpoints, one at a time or a hundred.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints.html
"""

from typing import Any, Final

from engine import choices
from engine.context import Context
from engine.endpoints import access
from engine.endpoints.apply import apply_changes, check_change
from engine.endpoints.change import EndpointChange
from engine.errors import BadRequest, NotFound, PinpointError
from engine.operations.apps import require_application
from engine.operations.registry import Request

_MAX_ITEMS: Final = 100
_ACCEPTED: Final = {"Message": "Accepted"}


def get_endpoint(context: Context, request: Request) -> dict[str, Any]:
    """GetEndpoint."""
    require_application(context, request["ApplicationId"])
    document = access.get_endpoint(context, request["ApplicationId"], request["EndpointId"])
    if document is None:
        raise NotFound("no endpoint has this id")
    return document


def update_endpoint(context: Context, request: Request) -> dict[str, Any]:
    """UpdateEndpoint: creates the endpoint, or changes the members that are sent."""
    change = EndpointChange(request["EndpointId"], request["EndpointRequest"])
    return _apply(context, request["ApplicationId"], [change])


def update_endpoints_batch(context: Context, request: Request) -> dict[str, Any]:
    """UpdateEndpointsBatch: a batch with an item that breaks a rule in itself writes nothing."""
    items: list[dict[str, Any]] = request["EndpointBatchRequest"]["Item"]
    if len(items) > _MAX_ITEMS:
        raise BadRequest(f"EndpointBatchRequest.Item must have at most {_MAX_ITEMS} items, got {len(items)}")
    changes = [EndpointChange(item.get("Id", ""), item) for item in items]
    if choices.BATCH_IS_ALL_OR_NOTHING:
        for index, change in enumerate(changes):
            try:
                check_change(change)
            except BadRequest as error:
                raise BadRequest(f"EndpointBatchRequest.Item[{index}]: {error.message}") from None
    return _apply(context, request["ApplicationId"], changes)


def delete_endpoint(context: Context, request: Request) -> dict[str, Any]:
    """DeleteEndpoint: one that does not exist is as good as deleted."""
    application_id, endpoint_id = request["ApplicationId"], request["EndpointId"]
    require_application(context, application_id)
    removed = access.delete_endpoints(context, application_id, [endpoint_id])
    return removed[0] if removed else {"ApplicationId": application_id, "Id": endpoint_id}


def _apply(context: Context, application_id: str, changes: list[EndpointChange]) -> dict[str, Any]:
    require_application(context, application_id)
    outcomes = apply_changes(context, application_id, changes)
    errors = {index: outcome.error for index, outcome in enumerate(outcomes) if outcome.error is not None}
    if errors:
        raise _first(errors, len(changes))
    return _ACCEPTED


def _first(errors: dict[int, PinpointError], total: int) -> PinpointError:
    index, error = next(iter(errors.items()))
    if total == 1:
        return error
    return type(error)(
        f"EndpointBatchRequest.Item[{index}]: {error.message}; {len(errors)} of {total} failed"
    )
