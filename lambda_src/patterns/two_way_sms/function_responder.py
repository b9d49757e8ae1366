"""A Lambda function as the responder: it is called with a message and its conversation, and waited for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from patterns.two_way_sms.inbound import Inbound
from patterns.two_way_sms.responder import Conversation, Reply, ResponderFault
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client


@dataclass(frozen=True)
class FunctionResponder:
    """Asks a function.

    Attributes:
        lambda_: A boto3 Lambda client that never repeats a call by itself: a bot would move on twice.
        function: The function's name or ARN.
    """

    lambda_: Any
    function: str

    def reply(self, inbound: Inbound, conversation: Conversation) -> Reply | None:
        """What the function answers: null, or an object with `text` and, if it changes, `state`."""
        question = {"message": asdict(inbound), "conversation": asdict(conversation)}
        answer = self.lambda_.invoke(FunctionName=self.function, Payload=json.dumps(question).encode())
        if answer.get("FunctionError"):
            raise ResponderFault("responder_function_failed")
        return _reply(answer["Payload"].read())


def _reply(payload: bytes) -> Reply | None:
    try:
        found: object = json.loads(payload or b"null")
    except ValueError:
        raise ResponderFault("responder_reply_invalid: not JSON") from None
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise ResponderFault("responder_reply_invalid: not a JSON object")
    members = cast("Mapping[str, Any]", found)
    return Reply(members.get("text") or "", members.get("state"))


def responder() -> FunctionResponder:
    """The responder that the settings describe."""
    seconds = settings.whole_number("RESPONDER_SECONDS")
    return FunctionResponder(
        client("lambda", attempts=1, read_timeout=seconds), settings.text("RESPONDER_FUNCTION")
    )
