"""E-mail templates and their versions; they belong to the account, not to an application.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/templates-template-name-email.html
"""

import json
import re
from typing import Any, Final

from engine.context import Context, iso
from engine.errors import BadRequest, Conflict, NotFound
from engine.operations.documents import active_template_key, public, template_key
from engine.operations.registry import Request
from engine.operations.tags import check_tags
from engine.rendering.template import RenderingError, check_template
from engine.store import Document, Item, Put, TransactionLost

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_PARTS: Final = ("Subject", "HtmlPart", "TextPart")
_MAX_CHARACTERS: Final = 600_000
_MAX_HEADERS: Final = 15
_ACCEPTED: Final = {"Message": "Accepted"}


def require_email_template(context: Context, name: str, version: str | None = None) -> Item:
    """A template, in the active version unless another is asked for.

    Raises:
        NotFound: There is none of this name, or none of this version.
    """
    item = None
    if version is None:
        item = context.store.get(active_template_key(name)) if name else None
    elif version.isascii() and version.isdecimal() and len(version) <= 10:
        item = context.store.get(template_key(name, int(version)))
    if item is None:
        raise NotFound(
            f"no e-mail template has the name {name[:128]!r}" + (f" and version {version}" if version else "")
        )
    return item


def create_email_template(context: Context, request: Request) -> dict[str, Any]:
    """CreateEmailTemplate: version 1 is the active one."""
    name, write = request["TemplateName"], request["EmailTemplateRequest"]
    if not _NAME.fullmatch(name):
        raise BadRequest(
            "TemplateName must have 1 to 128 letters, digits, - or _, and start with a letter or digit"
        )
    _check(write)
    moment = iso(context.now())
    document: Document = {
        **write,
        "Arn": f"arn:aws:mobiletargeting:{context.region}:{context.account}:templates/{name}/EMAIL",
        "TemplateName": name,
        "TemplateType": "EMAIL",
        "CreationDate": moment,
        "LastModifiedDate": moment,
        "Version": "1",
    }
    head = document | {"_": {"Latest": 1}}
    try:
        context.store.write(
            [
                Put(active_template_key(name), head, expected=0),
                Put(template_key(name, 1), document, expected=0),
            ]
        )
    except TransactionLost:
        raise BadRequest(f"an e-mail template named {name!r} exists already") from None
    return {"Message": "Created", "Arn": document["Arn"]}


def get_email_template(context: Context, request: Request) -> dict[str, Any]:
    """GetEmailTemplate: the active version, or the one asked for."""
    return public(require_email_template(context, request["TemplateName"], request.get("Version")))


def update_email_template(context: Context, request: Request) -> dict[str, Any]:
    """UpdateEmailTemplate: changes the active version in place, or the one named, or adds a version.

    Members that are not sent are kept. A new version becomes the active one.
    """
    name, write = request["TemplateName"], request["EmailTemplateRequest"]
    head = require_email_template(context, name)
    adding = request.get("CreateNewVersion", False)
    base = head if adding else require_email_template(context, name, request.get("Version"))
    latest: int = head.doc["_"]["Latest"]
    version = latest + 1 if adding else int(base.doc["Version"])
    document: Document = {**public(base), **write, "LastModifiedDate": iso(context.now())}
    document["Version"] = str(version)
    _check(document)
    private = {"_": {"Latest": max(latest, version)}}
    active = adding or head.doc["Version"] == str(version)
    try:
        context.store.write(
            [
                Put(head.key, (document if active else head.doc) | private, expected=head.version),
                Put(template_key(name, version), document),
            ]
        )
    except TransactionLost:
        raise Conflict("the template was changed by somebody else meanwhile: try again") from None
    return _ACCEPTED


def delete_email_template(context: Context, request: Request) -> dict[str, Any]:
    """DeleteEmailTemplate: one version, which must not be the active one, or all of them."""
    name = request["TemplateName"]
    head = require_email_template(context, name)
    version = request.get("Version")
    if version is not None:
        item = require_email_template(context, name, version)
        if head.doc["Version"] == item.doc["Version"] and head.doc["_"]["Latest"] > 1:
            raise BadRequest(f"version {version} is the active one: make another one active first")
        if head.doc["_"]["Latest"] > 1:
            context.store.delete(item.key)
            return _ACCEPTED
    context.store.delete(head.key)
    context.store.delete_all(item.key for item in context.store.query(template_key(name, 1).pk))
    return _ACCEPTED


def _check(write: Document) -> None:
    check_tags(write.get("tags", {}))
    path = "EmailTemplateRequest"
    size = sum(len(write.get(part, "")) for part in _PARTS)
    if size > _MAX_CHARACTERS:
        raise BadRequest(f"{path} must have at most {_MAX_CHARACTERS} characters, got {size}")
    if len(write.get("Headers", ())) > _MAX_HEADERS:
        raise BadRequest(f"{path}.Headers must have at most {_MAX_HEADERS} headers")
    for part in _PARTS:
        try:
            check_template(write.get(part, ""))
        except RenderingError as error:
            raise BadRequest(f"{path}.{part}: {error.message}") from None
    try:
        defaults = json.loads(write.get("DefaultSubstitutions") or "{}")
    except ValueError:
        defaults = None
    if not isinstance(defaults, dict):
        raise BadRequest(f"{path}.DefaultSubstitutions must be a JSON object in a string")
