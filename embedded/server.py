"""What every room of the embedded AWS knows about the server that it is installed in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
HOST: Final = "127.0.0.1"

Engine = Literal["hosted", "pinpoint"]
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)


@dataclass(frozen=True)
class Server:
    """One running embedded AWS.

    Attributes:
        port: Where it listens, on 127.0.0.1 only.
        engine: `hosted` when stacks reach the engine through its own API; `pinpoint` when the server
            also plays the Pinpoint service principal.
        state: The folder of its log, process id, environment file and stack outputs.
    """

    port: int
    engine: Engine
    state: Path

    @property
    def endpoint(self) -> str:
        """The address that AWS clients are pointed at."""
        return f"http://{HOST}:{self.port}"
