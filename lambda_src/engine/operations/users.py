"""A user's endpoints, read or removed together.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-users-user-id.html
"""

from typing import Any

from engine import choices
from engine.context import Context
from engine.endpoints import access
from engine.errors import NotFound
from engine.operations.apps import require_application
from engine.operations.registry import Request
from engine.store import Document


def get_user_endpoints(context: Context, request: Request) -> dict[str, Any]:
    """GetUserEndpoints."""
    return {"Item": _require(context, request)}


def delete_user_endpoints(context: Context, request: Request) -> dict[str, Any]:
    """DeleteUserEndpoints: answers with the endpoints as they were."""
    ids = [document["Id"] for document in _require(context, request)]
    return {"Item": access.delete_endpoints(context, request["ApplicationId"], ids)}


def _require(context: Context, request: Request) -> list[Document]:
    require_application(context, request["ApplicationId"])
    found = access.user_endpoints(context, request["ApplicationId"], request["UserId"])
    if not found and choices.UNKNOWN_USER_IS_NOT_FOUND:
        raise NotFound("no endpoint names this user")
    return found
