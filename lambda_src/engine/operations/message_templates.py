"""Message templates of any kind and their versions; they belong to the account, not to an application.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/templates.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.context import Context, iso
from engine.errors import BadRequest, Conflict, NotFound
from engine.operations.documents import active_template_key, public, template_key
from engine.operations.registry import Request
from engine.operations.tags import check_tags
from engine.rendering.template import RenderingError, check_template
from engine.store import Document, Item, Put, TransactionLost

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_MAX_HEADERS: Final = 15
_ACCEPTED: Final = {"Message": "Accepted"}


@dataclass(frozen=True)
class TemplateKind:
    """What one kind of template has of its own.

    Attributes:
        type: As `TemplateType` has it.
        words: What messages call it.
        request: The member of a request that holds the template.
        parts: The members that are rendered.
        max_characters: Of all parts together.
    """

    type: str
    words: str
    request: str
    parts: tuple[str, ...]
    max_characters: int


KINDS: Final[Mapping[str, TemplateKind]] = {
    kind.type: kind
    for kind in (
        TemplateKind(
            "EMAIL", "e-mail template", "EmailTemplateRequest", ("Subject", "HtmlPart", "TextPart"), 600_000
        ),
        TemplateKind("SMS", "SMS template", "SMSTemplateRequest", ("Body",), 1_600),
        TemplateKind("VOICE", "voice template", "VoiceTemplateRequest", ("Body",), 10_000),
    )
}


def require_template(context: Context, template_type: str, name: str, version: str | None = None) -> Item:
    """A template, in the active version unless another is asked for.

    Raises:
        NotFound: There is none of this name, or none of this version.
    """
    item = None
    if version is None:
        item = context.store.get(active_template_key(template_type, name)) if name else None
    elif version.isascii() and version.isdecimal() and len(version) <= 10:
        item = context.store.get(template_key(template_type, name, int(version)))
    if item is None:
        raise NotFound(
            f"no {KINDS[template_type].words} has the name {name[:128]!r}"
            + (f" and version {version}" if version else "")
        )
    return item


def referenced_template(
    context: Context, template_type: str, message_request: Document, member: str
) -> Document:
    """The template that a request to send names, as the API shows it; empty if it names none.

    Args:
        context: The table with the templates.
        template_type: Its type.
        message_request: What has the `TemplateConfiguration`.
        member: The member of that which names it, such as `SMSTemplate`.

    Raises:
        NotFound: There is none of this name, or none of this version.
    """
    reference = message_request.get("TemplateConfiguration", {}).get(member)
    if not reference:
        return {}
    item = require_template(context, template_type, reference.get("Name", ""), reference.get("Version"))
    return public(item)


def create_template(context: Context, request: Request, template_type: str) -> dict[str, Any]:
    """The first version of a template, which is the active one."""
    kind = KINDS[template_type]
    name, write = request["TemplateName"], request[kind.request]
    if not _NAME.fullmatch(name):
        raise BadRequest(
            "TemplateName must have 1 to 128 letters, digits, - or _, and start with a letter or digit"
        )
    _check(kind, write)
    moment = iso(context.now())
    arn = f"arn:aws:mobiletargeting:{context.region}:{context.account}:templates/{name}/{kind.type}"
    document: Document = {
        **write,
        "Arn": arn,
        "TemplateName": name,
        "TemplateType": kind.type,
        "CreationDate": moment,
        "LastModifiedDate": moment,
        "Version": "1",
    }
    head = document | {"_": {"Latest": 1}}
    try:
        context.store.write(
            [
                Put(active_template_key(kind.type, name), head, expected=0),
                Put(template_key(kind.type, name, 1), document, expected=0),
            ]
        )
    except TransactionLost:
        raise BadRequest(f"the {kind.words} {name!r} exists already") from None
    return {"Message": "Created", "Arn": arn}


def get_template(context: Context, request: Request, template_type: str) -> dict[str, Any]:
    """The active version, or the one asked for."""
    return public(require_template(context, template_type, request["TemplateName"], request.get("Version")))


def update_template(context: Context, request: Request, template_type: str) -> dict[str, Any]:
    """Change the active version in place, or the one named, or add a version.

    Members that are not sent are kept. A new version becomes the active one.
    """
    kind = KINDS[template_type]
    name, write = request["TemplateName"], request[kind.request]
    head = require_template(context, kind.type, name)
    adding = request.get("CreateNewVersion", False)
    base = head if adding else require_template(context, kind.type, name, request.get("Version"))
    latest: int = head.doc["_"]["Latest"]
    version = latest + 1 if adding else int(base.doc["Version"])
    document: Document = {**public(base), **write, "LastModifiedDate": iso(context.now())}
    document["Version"] = str(version)
    _check(kind, document)
    private = {"_": {"Latest": max(latest, version)}}
    active = adding or head.doc["Version"] == str(version)
    try:
        context.store.write(
            [
                Put(head.key, (document if active else head.doc) | private, expected=head.version),
                Put(template_key(kind.type, name, version), document),
            ]
        )
    except TransactionLost:
        raise Conflict("the template was changed by somebody else meanwhile: try again") from None
    return _ACCEPTED


def delete_template(context: Context, request: Request, template_type: str) -> dict[str, Any]:
    """Remove one version, which must not be the active one, or all of them."""
    name = request["TemplateName"]
    head = require_template(context, template_type, name)
    version = request.get("Version")
    if version is not None:
        item = require_template(context, template_type, name, version)
        if head.doc["Version"] == item.doc["Version"] and head.doc["_"]["Latest"] > 1:
            raise BadRequest(f"version {version} is the active one: make another one active first")
        if head.doc["_"]["Latest"] > 1:
            context.store.delete(item.key)
            return _ACCEPTED
    context.store.delete(head.key)
    context.store.delete_all(
        item.key for item in context.store.query(template_key(template_type, name, 1).pk)
    )
    return _ACCEPTED


def _check(kind: TemplateKind, write: Document) -> None:
    check_tags(write.get("tags", {}))
    path = kind.request
    size = sum(len(write.get(part, "")) for part in kind.parts)
    if size > kind.max_characters:
        raise BadRequest(f"{path} must have at most {kind.max_characters} characters, got {size}")
    if len(write.get("Headers", ())) > _MAX_HEADERS:
        raise BadRequest(f"{path}.Headers must have at most {_MAX_HEADERS} headers")
    for part in kind.parts:
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
