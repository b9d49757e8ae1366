"""The campaign hook in mode FILTER: the customer's function says who stays, and what their values are.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/segments-dynamic.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from engine.context import Context
from engine.deliveries.batch import Batch
from engine.functions import CallFailed, call
from engine.imports.definition import BadRow, check
from engine.store import Document

_RENDERED: Final = ("Attributes", "Metrics", "Demographic", "Location", "User")


def hook_of(campaign: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    """The function to ask: the campaign's, or else the application's; None if there is none."""
    for hook in (campaign.get("Hook"), settings.get("CampaignHook")):
        if hook and hook.get("LambdaFunctionName"):
            return str(hook["LambdaFunctionName"])
    return None


def filtered(
    context: Context, batch: Batch, function: str, endpoints: Sequence[Document]
) -> dict[str, Document]:
    """The endpoints that the hook lets through, as it wants them rendered, by lower-cased id.

    Ids that it was not given are ignored, and who it does not name is left out.

    Raises:
        CallFailed: It did not answer in time, raised, or answered rubbish: nobody may be sent to.
    """
    payload = batch.payload(endpoints) | {"MessageConfiguration": batch.direct_message()}
    answer = call(context, function, payload, batch.campaign_arn(context))
    if not isinstance(answer, dict):
        raise CallFailed("the hook's answer is not a map of endpoints")
    returned = cast("dict[str, Any]", answer)
    given = {endpoint["Id"]: endpoint for endpoint in endpoints}
    return {
        endpoint_id.lower(): _changed(given[endpoint_id], returned[endpoint_id])
        for endpoint_id in given
        if endpoint_id in returned
    }


def _changed(endpoint: Document, returned: Any) -> Document:
    if not isinstance(returned, dict):
        raise CallFailed("an endpoint in the hook's answer is not an object")
    changes = cast("dict[str, Any]", returned)
    rendered = {member: changes[member] for member in _RENDERED if changes.get(member) is not None}
    try:
        check(rendered)
    except BadRow as bad:
        raise CallFailed(f"an endpoint in the hook's answer is not one: {bad.reason}") from bad
    kept = {member: value for member, value in endpoint.items() if member not in _RENDERED}
    return kept | rendered
