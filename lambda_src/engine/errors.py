"""The errors a Pinpoint client can meet, one class a condition, with the wire's own names.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps.html (error sections).
"""

from typing import ClassVar


class PinpointError(Exception):
    """An answer other than success; `message` is what the client reads, and names no person."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "InternalServerErrorException"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(PinpointError):
    """The request breaks a rule of the model or a quota."""

    status, code = 400, "BadRequestException"


class Forbidden(PinpointError):
    """The engine may not do what the request asks, such as assume the role it names."""

    status, code = 403, "ForbiddenException"


class NotFound(PinpointError):
    """No such application, endpoint, job or other resource."""

    status, code = 404, "NotFoundException"


class MethodNotAllowed(PinpointError):
    """The path exists, the method on it does not."""

    status, code = 405, "MethodNotAllowedException"


class Conflict(PinpointError):
    """Somebody else changed the resource meanwhile."""

    status, code = 409, "ConflictException"


class PayloadTooLarge(PinpointError):
    """The body is over the limit."""

    status, code = 413, "PayloadTooLargeException"


class TooManyRequests(PinpointError):
    """A downstream service throttled the engine; the client may try again."""

    status, code = 429, "TooManyRequestsException"


class NotYetImplemented(PinpointError):
    """The operation is part of the API, but this engine does not serve it."""

    status, code = 501, "NotImplementedException"
