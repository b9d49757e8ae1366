"""The embedded AWS as the demo's programs see it: a boto3 session and the stacks' outputs."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from embedded.server import REGION
from embedded.state import State, client_environment


class MissingOutput(KeyError):
    """A stack does not say what the demo needs."""

    def __str__(self) -> str:
        """The sentence, without the quotes that a key error puts around it."""
        return str(self.args[0])


@dataclass(frozen=True)
class Account:
    """Clients and outputs of one running embedded AWS. Safe to use from several threads.

    Args:
        endpoint: Its address.
        outputs: The outputs by stack.
    """

    endpoint: str
    outputs: dict[str, dict[str, str]]
    _clients: dict[str, Any] = field(default_factory=dict[str, Any])
    _making: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, endpoint: str, state: State) -> "Account":
        """The account behind an address, with the outputs that its deployment wrote."""
        return cls(endpoint, json.loads(state.outputs.read_text()))

    def output(self, stack: str, name: str) -> str:
        """What a stack says under a name.

        Raises:
            MissingOutput: It says no such thing.
        """
        try:
            return self.outputs[stack][name]
        except KeyError:
            known = ", ".join(sorted(self.outputs.get(stack, {}))) or "nothing"
            raise MissingOutput(f"stack {stack} has no output {name}: it has {known}") from None

    def client(self, service: str) -> Any:
        """A boto3 client that speaks to this account."""
        # A client may be used by several threads, but made by one at a time.
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._make(service)
        return self._clients[service]

    def _make(self, service: str) -> Any:
        environment = client_environment(self.endpoint)
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"mode": "standard", "max_attempts": 4}, max_pool_connections=20),
        )
