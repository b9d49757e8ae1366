"""What templates of all kinds share: lists, versions, the active version.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/templates.html
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from engine.context import Context
from engine.errors import BadRequest, Conflict, NotYetImplemented
from engine.operations.documents import TEMPLATES, public, template_key
from engine.operations.message_templates import KINDS, require_template
from engine.operations.registry import Request
from engine.protocol.paging import make_token, read_page, read_size, read_token
from engine.store import Item, Put, TransactionLost


def list_templates(context: Context, request: Request) -> dict[str, Any]:
    """ListTemplates: by type and by the beginning of the name; type by type where none is named."""
    types = [_served(request["TemplateType"])] if "TemplateType" in request else sorted(KINDS)
    # A name has at most 128 characters; a longer prefix than any key holds would be refused below.
    prefix = request.get("Prefix", "")[:200]
    size = read_size(request.get("PageSize"))
    scope = "\n".join((TEMPLATES, *types, prefix))
    after = read_token(scope, request.get("NextToken"))
    items = list(islice(_templates(context, types, prefix, after, size + 1), size + 1))
    token = make_token(scope, items[size - 1].key.sk) if len(items) > size else None
    return {"Item": [public(item) for item in items[:size]], "NextToken": token}


def list_template_versions(context: Context, request: Request) -> dict[str, Any]:
    """ListTemplateVersions: the first written first."""
    template_type, name = _served(request["TemplateType"]), request["TemplateName"]
    require_template(context, template_type, name)
    items, token = read_page(
        context.store,
        template_key(template_type, name, 1).pk,
        page_size=request.get("PageSize"),
        token=request.get("NextToken"),
    )
    return {"Item": [public(item) for item in items], "NextToken": token}


def update_template_active_version(context: Context, request: Request) -> dict[str, Any]:
    """UpdateTemplateActiveVersion: to a version by its number, or to the `latest`."""
    template_type, name = _served(request["TemplateType"]), request["TemplateName"]
    version = request["TemplateActiveVersionRequest"].get("Version")
    if not version:
        raise BadRequest("TemplateActiveVersionRequest.Version is required")
    head = require_template(context, template_type, name)
    latest = head.doc["_"]["Latest"]
    wanted = str(latest) if version == "latest" else version
    item = require_template(context, template_type, name, wanted)
    try:
        context.store.put(Put(head.key, item.doc | {"_": {"Latest": latest}}, expected=head.version))
    except TransactionLost:
        raise Conflict("the template was changed by somebody else meanwhile: try again") from None
    return {"Message": "Accepted"}


def _templates(
    context: Context, types: Sequence[str], prefix: str, after: str | None, limit: int
) -> Iterator[Item]:
    """The active versions beyond a sort key; a type that comes before it was listed already."""
    for template_type in types:
        if after is None or after.partition("#")[0] <= template_type:
            beyond = after if after is not None and after.startswith(f"{template_type}#") else None
            yield from context.store.query(
                TEMPLATES, prefix=f"{template_type}#{prefix}", after=beyond, limit=limit
            )


def _served(template_type: str) -> str:
    if template_type.upper() not in KINDS:
        raise NotYetImplemented(f"templates of type {template_type[:20]!r} are not served by this engine yet")
    return template_type.upper()
