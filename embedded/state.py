"""The state folder of one embedded AWS: all that it leaves on disk."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from embedded import apis
from embedded.server import ACCOUNT, REGION


@dataclass(frozen=True)
class State:
    """The files that `up` writes and `down` reads.

    Args:
        folder: Where they are; made on first use.
    """

    folder: Path

    @property
    def environment(self) -> Path:
        """Shell lines to source: endpoint, region and credentials."""
        return self.folder / "env"

    @property
    def outputs(self) -> Path:
        """JSON: `{"Stack": {"Output": value}}`."""
        return self.folder / "outputs.json"

    @property
    def process_id(self) -> Path:
        """Of the server; there while it runs."""
        return self.folder / "server.pid"

    @property
    def log(self) -> Path:
        """All that the server says."""
        return self.folder / "server.log"

    @property
    def deployment_log(self) -> Path:
        """All that the CDK CLI says."""
        return self.folder / "cdk.log"

    @property
    def scratch(self) -> Path:
        """Temporary files of the server and of its Lambda workers; emptied by `up` and `down`."""
        return self.folder / "tmp"

    @property
    def throttling(self) -> Path:
        """JSON: which calls of Pinpoint's API are too many, for as long as the file is there."""
        return self.folder / "throttling.json"

    @property
    def watched_calls(self) -> Path:
        """JSON: how many calls of the operations in `throttling` there were."""
        return self.folder / "watched-calls.json"

    @property
    def deployed_outputs(self) -> Path:
        """The outputs as the CDK CLI writes them."""
        return self.scratch / "outputs.json"

    @property
    def assembly(self) -> Path:
        """The synthesized cloud assembly."""
        return self.folder / "cdk.out"

    def prepare(self) -> None:
        """Make the folder, and leave nothing of an earlier run in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clear()
        self.scratch.mkdir()

    def clear(self) -> None:
        """Remove what only means something while a server runs; the log stays."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        for path in (self.environment, self.outputs, self.process_id, self.throttling, self.watched_calls):
            path.unlink(missing_ok=True)

    def write_environment(self, endpoint: str) -> None:
        """Write the file to source for AWS clients and the CDK CLI."""
        lines = [f"export {name}={value}" for name, value in client_environment(endpoint).items()]
        self.environment.write_text("\n".join(lines) + "\n")

    def write_outputs(self, outputs: dict[str, dict[str, str]], endpoint: str) -> None:
        """Write the outputs of the deployed stacks, addresses of APIs as they answer on this machine."""
        local = {
            stack: {name: apis.local_address(value, endpoint) for name, value in values.items()}
            for stack, values in outputs.items()
        }
        self.outputs.write_text(json.dumps(local, indent=2, sort_keys=True) + "\n")


def client_environment(endpoint: str) -> dict[str, str]:
    """The variables that point any AWS client and the CDK CLI at the embedded AWS.

    Args:
        endpoint: Address of the server, such as `http://127.0.0.1:4566`.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCOUNT_ID": ACCOUNT,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
    }
