"""The client settings of hosted functions, on the oldest supported botocore and on the newest."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import pinpoint_patterns.hosting.clients as clients

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Path(clients.__file__).with_name("client_settings") / "pinpoint-engine"
OLDEST = ROOT / ".embedded/oldest-botocore"
Ran: TypeAlias = subprocess.CompletedProcess[str]
CREDENTIALS = Credentials("key", "secret", "session")
AS_TEXT = "a/b c?d=ü&+@%2F"
AS_SEGMENT = "a%2Fb%20c%3Fd%3D%C3%BC%26%2B%40%252F"
# botocore knows a credential scope for each of Pinpoint's Regions, and in some it outranks the model.
REGIONS = ("us-east-1", "us-gov-west-1", "eu-west-1", "ap-northeast-1", "eu-north-1")
FUNCTION = f"""
import boto3, botocore, sys
for region in sys.argv[1:]:
    pinpoint = boto3.client("pinpoint", region_name=region)
    pinpoint.get_endpoint(ApplicationId="app", EndpointId={AS_TEXT!r})
    pinpoint.update_endpoint(ApplicationId="app", EndpointId={AS_TEXT!r}, EndpointRequest={{"Address": "ü"}})
print(botocore.__version__)
"""


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Api(ThreadingHTTPServer):
    """Stands where the engine's API would; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Request] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.seen.append(Request(self.command, self.path, headers, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pinned(lock: str) -> str:
    """The botocore of a lock file."""
    found = re.search(r"^botocore==(\S+)", (ROOT / "requirements" / lock).read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def run_as_hosted_function(sdk: Path | None, regions: tuple[str, ...], **variables: str) -> Ran:
    """Run code that knows nothing of the engine; prints which botocore it found."""
    assert sdk is None or (sdk / "botocore").is_dir(), f"run `make {OLDEST.relative_to(ROOT)}/.ready`"
    environment = {
        "AWS_DATA_PATH": str(SETTINGS),
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
        "AWS_SESSION_TOKEN": CREDENTIALS.token,
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"PYTHONPATH": str(sdk)} if sdk else {}),
        **variables,
    }
    command = [sys.executable, "-c", FUNCTION, *regions]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def signature_for_execute_api(request: Request, url: str, region: str) -> str:
    """The Authorization header that API Gateway would compute for a request.

    See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    signed = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        request.method, url, headers={name: request.headers[name] for name in signed}, data=request.body
    )
    again.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(CREDENTIALS, "execute-api", region)
    text = auth.string_to_sign(again, auth.canonical_request(again))
    return (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(again)}, SignedHeaders={';'.join(signed)}, "
        f"Signature={auth.signature(text, again)}"
    )


@pytest.mark.parametrize(
    ("lock", "sdk"), [("oldest-botocore.txt", OLDEST), ("dev.txt", None)], ids=["oldest", "newest"]
)
def test_unchanged_code_asks_the_engine_and_signs_for_its_api(api: Api, lock: str, sdk: Path | None) -> None:
    ran = run_as_hosted_function(sdk, REGIONS, AWS_ENDPOINT_URL_PINPOINT=f"http://{api.host}/engine")

    assert (ran.stdout.strip(), ran.stderr) == (pinned(lock), "")
    path = f"/engine/v1/apps/app/endpoints/{AS_SEGMENT}"
    assert [(each.method, each.path) for each in api.seen] == [("GET", path), ("PUT", path)] * len(REGIONS)
    for number, request in enumerate(api.seen):
        region = REGIONS[number // 2]
        assert request.headers["host"] == api.host
        assert request.headers["x-amz-security-token"] == CREDENTIALS.token
        assert f"/{region}/execute-api/aws4_request" in request.headers["authorization"]
        expected = signature_for_execute_api(request, f"http://{api.host}{path}", region)
        assert request.headers["authorization"] == expected


@pytest.mark.parametrize("sdk", [OLDEST, None], ids=["oldest", "newest"])
def test_without_the_engines_address_nothing_is_sent_elsewhere(sdk: Path | None) -> None:
    ran = run_as_hosted_function(sdk, REGIONS[:1])

    assert ran.returncode != 0
    assert "set AWS_ENDPOINT_URL_PINPOINT" in ran.stderr.splitlines()[-1]
