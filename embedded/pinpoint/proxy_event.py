"""A request as a REST API's Lambda proxy integration hands it over.

See https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html.
"""

import time
import uuid
from typing import Any, Final
from urllib.parse import unquote

from embedded import ministack_names
from embedded.server import ACCOUNT

_STAGE: Final = "engine"


def proxy_event(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> dict[str, Any]:
    """The event for the function that answers.

    Args:
        path: Percent-encoded, as received.
        query: Decoded.
    """
    request_id = str(uuid.uuid4())
    caller = ministack_names.find("ministack.services.apigateway_v1._iam_caller_identity")(headers, query)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": unquote(path).removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "mobiletargeting",
            "stage": _STAGE,
            "path": f"/{_STAGE}{path}",
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "protocol": "HTTP/1.1",
            "requestId": request_id,
            "extendedRequestId": request_id,
            "requestTimeEpoch": int(time.time() * 1000),
            "identity": {
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
                **(caller or {}),
            },
        },
        "body": body.decode("utf-8", errors="replace") if body else None,
        "isBase64Encoded": False,
    }
