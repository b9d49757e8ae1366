"""What templates of all kinds share: lists, versions, the active version.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/templates.html
"""

from typing import Any

from engine.context import Context
from engine.errors import BadRequest, Conflict, NotYetImplemented
from engine.operations.documents import TEMPLATES, public, template_key
from engine.operations.email_templates import require_email_template
from engine.operations.registry import Request
from engine.protocol.paging import read_page
from engine.store import Put, TransactionLost


def list_templates(context: Context, request: Request) -> dict[str, Any]:
    """ListTemplates: by type and by the beginning of the name."""
    if "TemplateType" in request:
        _require_email(request["TemplateType"])
    items, token = read_page(
        context.store,
        TEMPLATES,
        # A name has at most 128 characters; a longer prefix than any key holds would be refused below.
        prefix=f"EMAIL#{request.get('Prefix', '')[:200]}",
        page_size=request.get("PageSize"),
        token=request.get("NextToken"),
    )
    return {"Item": [public(item) for item in items], "NextToken": token}


def list_template_versions(context: Context, request: Request) -> dict[str, Any]:
    """ListTemplateVersions: the first written first."""
    _require_email(request["TemplateType"])
    require_email_template(context, request["TemplateName"])
    items, token = read_page(
        context.store,
        template_key(request["TemplateName"], 1).pk,
        page_size=request.get("PageSize"),
        token=request.get("NextToken"),
    )
    return {"Item": [public(item) for item in items], "NextToken": token}


def update_template_active_version(context: Context, request: Request) -> dict[str, Any]:
    """UpdateTemplateActiveVersion: to a version by its number, or to the `latest`."""
    _require_email(request["TemplateType"])
    name = request["TemplateName"]
    version = request["TemplateActiveVersionRequest"].get("Version")
    if not version:
        raise BadRequest("TemplateActiveVersionRequest.Version is required")
    head = require_email_template(context, name)
    latest = head.doc["_"]["Latest"]
    item = require_email_template(context, name, str(latest) if version == "latest" else version)
    try:
        context.store.put(Put(head.key, item.doc | {"_": {"Latest": latest}}, expected=head.version))
    except TransactionLost:
        raise Conflict("the template was changed by somebody else meanwhile: try again") from None
    return {"Message": "Accepted"}


def _require_email(template_type: str) -> None:
    if template_type.upper() != "EMAIL":
        raise NotYetImplemented(f"templates of type {template_type[:20]!r} are not served by this engine yet")
