"""What the service refuses, in the shapes of its model.

https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/CommonErrors.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_BAD_REQUEST: Final = 400


@dataclass(frozen=True)
class Fault:
    """One member of a request that is not as the model has it.

    Attributes:
        name: Its path, such as `Context.key`.
        message: What is wrong, and what is allowed.
    """

    name: str
    message: str


class ServiceError(Exception):
    """A refusal; a subclass per exception of the model.

    Attributes:
        code: The exception's name in the model.
        status: Of the HTTP answer.
        members: Its members besides `Message`.
    """

    code: str
    status: int = _BAD_REQUEST

    def __init__(self, message: str, **members: Any) -> None:
        super().__init__(message)
        self.message = message
        self.members = {name: value for name, value in members.items() if value}

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {"__type": self.code, "Message": self.message, **self.members}


class Refused(ServiceError):
    """IAM does not allow the call, or does not know the caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Conflict(ServiceError):
    """The resource, or the destination, is in no state for this."""

    code = "ConflictException"

    def __init__(self, reason: str, message: str, resource_type: str = "", resource_id: str = "") -> None:
        super().__init__(message, Reason=reason, ResourceType=resource_type, ResourceId=resource_id)


class Invalid(ServiceError):
    """The request is not one that the service can carry out."""

    code = "ValidationException"

    def __init__(self, reason: str, message: str, faults: Sequence[Fault] = ()) -> None:
        fields = [{"Name": fault.name, "Message": fault.message} for fault in faults]
        super().__init__(message, Reason=reason, Fields=fields)


class NotFound(ServiceError):
    """The request names a resource that the account does not have in this Region."""

    code = "ResourceNotFoundException"

    def __init__(self, resource_type: str, resource_id: str) -> None:
        super().__init__(
            f"There is no {resource_type} {resource_id}", ResourceType=resource_type, ResourceId=resource_id
        )


class NotServed(Invalid):
    """The model has this operation, the embedded AWS has not."""

    status = 501

    def __init__(self, operation: str) -> None:
        super().__init__("UNKNOWN_OPERATION", f"{operation} is not served by the embedded AWS")


class QuotaExceeded(ServiceError):
    """The account has as many as it may have."""

    code = "ServiceQuotaExceededException"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, Reason=reason)


class Throttled(ServiceError):
    """The origination identity is asked for more than its message parts per second."""

    code = "ThrottlingException"
