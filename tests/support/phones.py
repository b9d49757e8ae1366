"""The phone service without a server: a clock of its own, and reports that nobody waits for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from embedded.sms_voice import model
from embedded.sms_voice.account import Account
from embedded.sms_voice.network import Network
from embedded.sms_voice.pace import Pace
from embedded.sms_voice.service import Service

REGION = "us-east-1"
_MODEL = ServiceModel(Loader().load_service_model(model.SERVICE, "service-2"), model.SERVICE)


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def never(seconds: float, call: Callable[[], object]) -> None:
    """Reports go through the embedded AWS, which is not there."""


@dataclass
class Phones:
    """The service, called as a client would."""

    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.service = Service(Network(never), lambda region: Account(region, self.clock, Pace(self.clock)))

    @property
    def account(self) -> Account:
        return self.service.account(REGION)

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """An answer, which has what the model's output shape asks for."""
        answer = self.service.call(operation, model.check(operation, request), REGION)
        shape = _MODEL.operation_model(operation).output_shape
        assert shape is not None
        report = ParamValidator().validate(answer, shape)
        assert not report.has_errors(), report.generate_report()
        assert answer.keys() <= shape.members.keys()
        return answer

    def number(self, **request: Any) -> dict[str, Any]:
        given = {
            "IsoCountryCode": "US",
            "MessageType": "TRANSACTIONAL",
            "NumberCapabilities": ["SMS", "VOICE", "MMS"],
            "NumberType": "LONG_CODE",
        }
        return self.call("RequestPhoneNumber", **{**given, **request})

    def text(self, **request: Any) -> dict[str, Any]:
        given = {"DestinationPhoneNumber": "+14255550100", "MessageBody": "Hello"}
        return self.call("SendTextMessage", **{**given, **request})
