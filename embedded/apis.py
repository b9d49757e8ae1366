"""Where an API Gateway API answers on this machine."""

import re
from typing import Final

# A name that resolves on AWS only; `workers/prologue.py` has its twin, since workers import nothing of ours.
_EXECUTE_API: Final = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=[/:?#]|$)")


def local_address(text: str, endpoint: str) -> str:
    """A text whose addresses of APIs resolve here.

    Args:
        text: Such as `https://ab12cd34ef.execute-api.us-east-1.amazonaws.com/engine`.
        endpoint: Of the embedded AWS, such as `http://127.0.0.1:4566`.
    """
    return _EXECUTE_API.sub(rf"{endpoint}/_aws/execute-api/\1", text)
