"""SendMessages: one message to addresses and endpoints, each with its own result.

`OptOut` and `EndpointStatus` do not stop a direct send: the reference says so. A success of the
request says nothing of its recipients.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html
"""

from typing import Any, Final

from engine.context import Context
from engine.errors import BadRequest
from engine.operations.apps import require_application
from engine.operations.direct_message import direct_messages, message_channels
from engine.operations.direct_send import endpoint_result, result, send_all
from engine.operations.recipients import addressed, channels_of, stored, without_duplicates
from engine.operations.registry import Request
from engine.store import Document

_MAX_RECIPIENTS: Final = 100


def send_messages(context: Context, request: Request) -> dict[str, Any]:
    """SendMessages, for e-mail, SMS and voice."""
    application_id, message_request = request["ApplicationId"], request["MessageRequest"]
    require_application(context, application_id)
    addresses: dict[str, Document] = message_request.get("Addresses", {})
    endpoints: dict[str, Document] = message_request.get("Endpoints", {})
    _check_count(len(addresses) + len(endpoints))
    channels = message_channels(message_request)
    recipients = without_duplicates([*addressed(addresses), *stored(context, application_id, endpoints)])
    messages = direct_messages(context, application_id, message_request, channels & channels_of(recipients))
    request_id = context.new_id()
    outcomes = send_all(
        context, application_id, request_id, messages, recipients, message_request.get("Context", {})
    )
    sent = list(zip(recipients, outcomes, strict=True))
    answer: dict[str, Any] = {"ApplicationId": application_id, "RequestId": request_id}
    if addresses:
        answer["Result"] = {who.name: result(outcome) for who, outcome in sent[: len(addresses)]}
    if endpoints:
        answer["EndpointResult"] = {
            who.name: endpoint_result(who, outcome) for who, outcome in sent[len(addresses) :]
        }
    return answer


def _check_count(count: int) -> None:
    if not 1 <= count <= _MAX_RECIPIENTS:
        raise BadRequest(
            f"MessageRequest must have 1 to {_MAX_RECIPIENTS} Addresses and Endpoints together, got {count}"
        )
