"""AWS End User Messaging in a test: keeps what it is given, knows who opted out, and holds requests
against the service's own model."""

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

SERVICE = "pinpoint-sms-voice-v2"
_MODEL = ServiceModel(Loader().load_service_model(SERVICE, "service-2"), SERVICE)
_STATUS = {"ThrottlingException": 429, "AccessDeniedException": 403, "InternalServerException": 500}


def refusal(code: str, reason: str | None = None) -> ClientError:
    """An error as the client raises it: `Reason` stands beside the error itself."""
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": "it names +12065550100"},
        "ResponseMetadata": {"HTTPStatusCode": _STATUS.get(code, 400)},
    }
    return ClientError(response | ({"Reason": reason} if reason else {}), "Send")


@dataclass
class PhoneService:
    """The `pinpoint-sms-voice-v2` client.

    Attributes:
        texts, calls: What was taken, in order.
        opted_out: Numbers that want nothing.
        verified: Numbers that the account has verified.
        errors: What is raised for a number, one after the other; the last one stays.
        refuses_to_describe: What is raised instead of naming verified numbers.
    """

    texts: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    verified: list[str] = field(default_factory=list)
    errors: dict[str, list[Exception | None]] = field(default_factory=dict)
    refuses_to_describe: Exception | None = None

    def send_text_message(self, **request: Any) -> dict[str, str]:
        return self._take("SendTextMessage", request, self.texts)

    def send_voice_message(self, **request: Any) -> dict[str, str]:
        return self._take("SendVoiceMessage", request, self.calls)

    def describe_verified_destination_numbers(self, **_: Any) -> dict[str, Any]:
        if self.refuses_to_describe is not None:
            raise self.refuses_to_describe
        numbers = [{"DestinationPhoneNumber": number, "Status": "VERIFIED"} for number in self.verified]
        return {"VerifiedDestinationNumbers": [*numbers, {"Status": "PENDING"}]}

    def body(self, number: str) -> str:
        """The text that a number got, if it got one."""
        (text,) = [text for text in self.texts if text["DestinationPhoneNumber"] == number]
        body: str = text["MessageBody"]
        return body

    @property
    def numbers(self) -> list[str]:
        """Who got a text."""
        return [text["DestinationPhoneNumber"] for text in self.texts]

    def _take(self, operation: str, request: dict[str, Any], taken: list[dict[str, Any]]) -> dict[str, str]:
        report = ParamValidator().validate(request, _MODEL.operation_model(operation).input_shape)
        assert not report.has_errors(), report.generate_report()
        assert len(request["Context"]) <= 5
        assert all(0 < len(value) <= 800 for value in request["Context"].values())
        number = request["DestinationPhoneNumber"]
        errors = self.errors.get(number, [])
        error = errors[0] if len(errors) == 1 else errors.pop(0) if errors else None
        if error is not None:
            raise error
        if number in self.opted_out:
            raise refusal("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT")
        taken.append(request)
        return {"MessageId": f"text-{len(self.texts)}-{len(self.calls)}"}
