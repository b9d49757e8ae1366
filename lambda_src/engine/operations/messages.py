"""SendMessages: one message to addresses and endpoints, each with its own result.

`OptOut` and `EndpointStatus` do not stop a direct send: the reference says so. A success of the
request says nothing of its recipients.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from engine.context import Context
from engine.endpoints.access import get_endpoints
from engine.errors import BadRequest, NotYetImplemented
from engine.operations.apps import require_application
from engine.operations.direct_email import DirectEmail, direct_email
from engine.operations.registry import Request
from engine.rendering.template import RenderingError
from engine.senders.email import SendOutcome, send_email
from engine.store import Document, Put, ledger_key

_MAX_RECIPIENTS: Final = 100
_THREADS: Final = 10
# Opens and clicks come in for weeks, and show the request's context.
_CONTEXT_KEPT_DAYS: Final = 60


@dataclass(frozen=True)
class _Recipient:
    """One entry of Addresses or Endpoints.

    Attributes:
        name: The entry's key.
        configuration: The entry.
        address: Where the message goes.
        endpoint: The stored endpoint, or what is known of a bare address.
        refused: Why nothing can be sent to it.
    """

    name: str
    configuration: Document
    address: str = ""
    endpoint: Document = field(default_factory=dict[str, Any])
    refused: SendOutcome | None = None


def send_messages(context: Context, request: Request) -> dict[str, Any]:
    """SendMessages, for e-mail."""
    application_id, message_request = request["ApplicationId"], request["MessageRequest"]
    require_application(context, application_id)
    addresses: dict[str, Document] = message_request.get("Addresses", {})
    endpoints: dict[str, Document] = message_request.get("Endpoints", {})
    _check(message_request, len(addresses) + len(endpoints))
    mail = direct_email(context, application_id, message_request)
    by_address = [_address(name, configuration) for name, configuration in addresses.items()]
    by_endpoint = _endpoints(context, application_id, endpoints)
    recipients = _first_of_each_address([*by_address, *by_endpoint])
    request_id = context.new_id()
    _keep_context(context, request_id, message_request.get("Context", {}), recipients)
    # Made here: clients may be used by several threads, but not be made by them.
    context.client("sesv2")

    def send(recipient: _Recipient) -> SendOutcome:
        return recipient.refused or _send(context, application_id, request_id, mail, recipient)

    with ThreadPoolExecutor(_THREADS) as pool:
        outcomes = list(pool.map(send, recipients))
    results = [_result(outcome) for outcome in outcomes]
    answer: dict[str, Any] = {"ApplicationId": application_id, "RequestId": request_id}
    if addresses:
        answer["Result"] = dict(zip(addresses, results, strict=False))
    if endpoints:
        answer["EndpointResult"] = {
            recipient.name: {**result, **({"Address": recipient.address} if recipient.address else {})}
            for recipient, result in zip(recipients[len(addresses) :], results[len(addresses) :], strict=True)
        }
    return answer


def _check(message_request: Document, count: int) -> None:
    if not 1 <= count <= _MAX_RECIPIENTS:
        raise BadRequest(
            f"MessageRequest must have 1 to {_MAX_RECIPIENTS} Addresses and Endpoints together, got {count}"
        )
    configuration = message_request["MessageConfiguration"]
    templates = message_request.get("TemplateConfiguration", {})
    if "EmailMessage" in configuration or "EmailTemplate" in templates:
        return
    asked = sorted([*configuration, *templates])
    if asked:
        raise NotYetImplemented(
            f"MessageRequest: {', '.join(asked)} is not served by this engine yet, e-mail is"
        )
    raise BadRequest("MessageRequest.MessageConfiguration has no message")


def _address(address: str, configuration: Document) -> _Recipient:
    channel = configuration.get("ChannelType")
    known = {"Address": address, "ChannelType": channel}
    return _Recipient(address, configuration, address, known, _refusal(address, channel))


def _endpoints(context: Context, application_id: str, entries: Mapping[str, Document]) -> list[_Recipient]:
    found = get_endpoints(context, application_id, entries)
    recipients: list[_Recipient] = []
    for name, configuration in entries.items():
        endpoint = found.get(name.lower())
        if endpoint is None:
            missing = SendOutcome("PERMANENT_FAILURE", 404, "no endpoint has this id")
            recipients.append(_Recipient(name, configuration, refused=missing))
            continue
        address = endpoint.get("Address", "")
        refusal = _refusal(address, endpoint.get("ChannelType"))
        recipients.append(_Recipient(name, configuration, address, endpoint, refusal))
    return recipients


def _refusal(address: str, channel: str | None) -> SendOutcome | None:
    if channel is None:
        return SendOutcome("PERMANENT_FAILURE", 400, "the recipient has no ChannelType")
    if channel != "EMAIL":
        return SendOutcome(
            "PERMANENT_FAILURE", 501, f"the channel {channel} is not served by this engine yet"
        )
    if not address:
        return SendOutcome("PERMANENT_FAILURE", 400, "the endpoint has no Address")
    return None


def _first_of_each_address(recipients: list[_Recipient]) -> list[_Recipient]:
    """Of several entries with one address, the first is sent to."""
    seen: set[str] = set()
    kept: list[_Recipient] = []
    for recipient in recipients:
        if recipient.refused is None and recipient.address in seen:
            duplicate = SendOutcome("DUPLICATE", 400, "the address is that of another recipient")
            recipient = _Recipient(
                recipient.name, recipient.configuration, recipient.address, recipient.endpoint, duplicate
            )
        seen.add(recipient.address)
        kept.append(recipient)
    return kept


def _keep_context(
    context: Context, request_id: str, shared: Mapping[str, str], recipients: list[_Recipient]
) -> None:
    """Receipts come in later and show the request's Context: it is kept where they look."""
    ttl = int(context.now().timestamp()) + _CONTEXT_KEPT_DAYS * 86_400
    context.store.put_all(
        Put(ledger_key(request_id, "EMAIL", recipient.address), {"Context": shown}, ttl=ttl)
        for recipient in recipients
        if recipient.refused is None and (shown := {**shared, **recipient.configuration.get("Context", {})})
    )


def _send(
    context: Context, application_id: str, request_id: str, mail: DirectEmail, recipient: _Recipient
) -> SendOutcome:
    try:
        email = mail.render(
            application_id=application_id,
            run=request_id,
            address=recipient.address,
            overrides=recipient.configuration,
            endpoint=recipient.endpoint,
        )
    except RenderingError as error:
        return SendOutcome("PERMANENT_FAILURE", 400, error.message)
    return send_email(context, email)


def _result(outcome: SendOutcome) -> dict[str, Any]:
    result: dict[str, Any] = {
        "DeliveryStatus": outcome.status,
        "StatusCode": outcome.status_code,
        "StatusMessage": outcome.message,
    }
    return result | ({"MessageId": outcome.message_id} if outcome.message_id else {})
