"""Applications: the projects that everything else belongs to.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps.html
"""

from typing import Any

from engine.context import Context, iso
from engine.erasure.request import request_erasure
from engine.errors import BadRequest, NotFound
from engine.operations.documents import APPLICATIONS, application_key, page
from engine.operations.registry import Request
from engine.operations.tags import check_tags
from engine.store import Document, Item, Key, Put


def require_application(context: Context, application_id: str) -> Document:
    """The application.

    Raises:
        NotFound: There is none with this id.
    """
    item = context.store.get(application_key(application_id))
    if item is None:
        raise NotFound(f"no application has the id {application_id!r}")
    return item.doc


def create_app(context: Context, request: Request) -> dict[str, Any]:
    """CreateApp."""
    write = request["CreateApplicationRequest"]
    if not write["Name"].strip():
        raise BadRequest("CreateApplicationRequest.Name must not be empty")
    tags = write.get("tags", {})
    check_tags(tags)
    application_id = context.new_id()
    document: Document = {
        "Id": application_id,
        "Arn": context.application_arn(application_id),
        "Name": write["Name"],
        "CreationDate": iso(context.now()),
        "tags": tags,
    }
    context.store.put(Put(application_key(application_id), document, expected=0))
    return document


def get_app(context: Context, request: Request) -> dict[str, Any]:
    """GetApp."""
    return require_application(context, request["ApplicationId"])


def get_apps(context: Context, request: Request) -> dict[str, Any]:
    """GetApps."""
    return page(context, APPLICATIONS, request)


def delete_app(context: Context, request: Request) -> dict[str, Any]:
    """DeleteApp: gone for every caller at once; what is below it goes in bounded steps."""
    document = require_application(context, request["ApplicationId"])
    request_erasure(context, request["ApplicationId"])
    context.store.delete(application_key(request["ApplicationId"]))
    return document


def require_part(context: Context, application_id: str, key: Key, what: str) -> Item:
    """What an application has at most one of, such as its event stream.

    Raises:
        NotFound: There is no such application, or it has none.
    """
    require_application(context, application_id)
    item = context.store.get(key)
    if item is None:
        raise NotFound(f"the application has no {what}")
    return item
