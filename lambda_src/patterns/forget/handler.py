"""Erases a person, as far as one call gets; the caller goes on with `next` until `done`.

Nothing of the person is kept between the calls or written into a log: what the next call needs is in the
answer.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from patterns.forget.endpoints import ProjectEndpoints
from patterns.forget.erasing import InvalidRequest, request_of, step
from patterns.forget.stores import Stores, stores_of
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request

_log: Final = logger(__name__)
_STEP_SECONDS: Final = 20


def described_stores(ssm: Any, names: str) -> Stores:
    """The stores that parameters describe: they are more than a function's variables hold.

    Args:
        ssm: A boto3 SSM client.
        names: The parameters, with a comma between two; each is a list of stores as JSON.
    """
    values = [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names.split(",") if name]
    return stores_of([store for value in values for store in json.loads(value)])


_stores: Final = described_stores(client("ssm"), settings.text("STORES_PARAMETERS", ","))
_endpoints: Final = ProjectEndpoints(client("pinpoint"), settings.text("APPLICATION_ID"))


@with_request
def handler(event: Any, context: LambdaContext) -> Mapping[str, Any]:
    """One step for `{"user_id", "endpoint_ids", "addresses", "next"}`; one of the first three is needed."""
    del context
    try:
        request = request_of(event)
        whom = _endpoints.resolve(request.whom)
        until = time.monotonic() + _STEP_SECONDS
        answer = step(request.about(whom), _stores, lambda: time.monotonic() > until)
    except InvalidRequest as error:
        return {"done": False, "error": str(error)}
    known = {"endpoint_ids": sorted(whom.endpoint_ids), "addresses": sorted(whom.addresses)}
    removed = dict(answer["removed"])
    if answer["done"]:
        # Last, since by them a step that is repeated finds what the person is known by.
        removed["endpoints"] = _endpoints.erase(whom)
    _log.info(
        "a step of an erasure", extra={"person": whom.digest, "done": answer["done"], "removed": removed}
    )
    return {**answer, "removed": removed, "known": known}
