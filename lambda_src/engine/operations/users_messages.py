"""SendUsersMessages: one message to users, to every endpoint of theirs that it has a channel for.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-users-messages.html
"""

from dataclasses import replace
from typing import Any, Final

from engine import choices
from engine.context import Context
from engine.endpoints.access import users_endpoints
from engine.errors import BadRequest
from engine.operations.apps import require_application
from engine.operations.direct_message import direct_messages, message_channels
from engine.operations.direct_send import endpoint_result, send_all
from engine.operations.recipients import Recipient, channels_of, endpoint_recipient, without_duplicates
from engine.operations.registry import Request
from engine.senders.outcome import SendOutcome
from engine.store import Document

_MAX_USERS: Final = 100


def send_users_messages(context: Context, request: Request) -> dict[str, Any]:
    """SendUsersMessages; a user without an endpoint on the message's channels has an empty result."""
    application_id, message_request = request["ApplicationId"], request["SendUsersMessageRequest"]
    require_application(context, application_id)
    users: dict[str, Document] = message_request["Users"]
    if not 1 <= len(users) <= _MAX_USERS:
        raise BadRequest(f"SendUsersMessageRequest.Users must have 1 to {_MAX_USERS} users, got {len(users)}")
    channels = message_channels(message_request)
    owners: list[str] = []
    found: list[Recipient] = []
    for user, endpoints in users_endpoints(context, application_id, users).items():
        for endpoint in endpoints:
            if endpoint.get("ChannelType") in channels:
                owners.append(user)
                found.append(_recipient(users[user], endpoint))
    recipients = without_duplicates(found)
    messages = direct_messages(context, application_id, message_request, channels & channels_of(recipients))
    request_id = context.new_id()
    outcomes = send_all(
        context, application_id, request_id, messages, recipients, message_request.get("Context", {})
    )
    results: dict[str, dict[str, Any]] = {user: {} for user in users}
    for owner, recipient, outcome in zip(owners, recipients, outcomes, strict=True):
        results[owner][recipient.name] = endpoint_result(recipient, outcome)
    return {"ApplicationId": application_id, "RequestId": request_id, "Result": results}


def _recipient(configuration: Document, endpoint: Document) -> Recipient:
    recipient = endpoint_recipient(endpoint["Id"], configuration, endpoint)
    opted_out = choices.USERS_MESSAGES_HONOUR_OPT_OUT and endpoint.get("OptOut") == "ALL"
    if recipient.refused is None and opted_out:
        return replace(recipient, refused=SendOutcome("OPT_OUT", 400, "the endpoint has opted out of all"))
    return recipient
