"""The answers that are no success: one class a condition, each with its status and its code."""

from typing import ClassVar


class ApiError(Exception):
    """The function failed; its log says how.

    Attributes:
        message: What the caller reads; it names no person.
        field: The member of the body that is to blame, if one is.
        retry_after: Seconds after which the same request may be sent again.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after = retry_after


class BadInput(ApiError):
    """The request breaks a rule of the schema."""

    status, code = 400, "bad_request"


class TooLarge(ApiError):
    """The body is larger than any change of preferences."""

    status, code = 413, "too_large"


class PathNotFound(ApiError):
    """There is no such path."""

    status, code = 404, "path_not_found"


class UserNotFound(ApiError):
    """No endpoint names the user."""

    status, code = 404, "user_not_found"


class EndpointNotFound(ApiError):
    """The user has no endpoint of that id."""

    status, code = 404, "endpoint_not_found"


class ChangeInProgress(ApiError):
    """Another change of the same user is being made."""

    status, code = 409, "change_in_progress"


class KeyReused(ApiError):
    """The idempotency key stands for another change."""

    status, code = 422, "idempotency_key_reused"


class Unfinished(ApiError):
    """The change is recorded but not finished: the same request, or the user's next, finishes it."""

    status, code = 503, "try_again"


class LinkInvalid(ApiError):
    """Nobody here made the link, or somebody changed it."""

    status, code = 403, "link_invalid"


class LinkReadOnly(ApiError):
    """The link allows to read only."""

    status, code = 403, "link_read_only"


class LinkExpired(ApiError):
    """The link was good, and its time is over."""

    status, code = 410, "link_expired"


class LinkGone(ApiError):
    """The link is good, and its user is gone."""

    status, code = 410, "link_gone"
