"""Tags of applications, campaigns, segments and templates.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/tags-resource-arn.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.context import Context
from engine.errors import BadRequest, Conflict, NotFound
from engine.operations.documents import active_template_key, application_key, campaign_key, segment_key
from engine.operations.registry import Request
from engine.store import Item, Key, Put, TransactionLost

_MAX_TAGS: Final = 50
_MAX_KEY: Final = 128
_MAX_VALUE: Final = 256
_ATTEMPTS: Final = 5
_RESOURCE: Final = re.compile(
    r"arn:[^:]+:mobiletargeting:(?P<region>[^:]*):(?P<account>[^:]*):"
    r"(apps/(?P<app>[^/]+)(/(?P<kind>campaigns|segments)/(?P<id>[^/]+))?|templates/(?P<template>[^/]+)/(?P<type>EMAIL|SMS|VOICE))"
)


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that AWS would not take.

    Raises:
        BadRequest: Too many, too long, or in AWS's own name space.
    """
    if len(tags) > _MAX_TAGS:
        raise BadRequest(f"a resource has at most {_MAX_TAGS} tags, got {len(tags)}")
    for key, value in tags.items():
        if not 1 <= len(key) <= _MAX_KEY:
            raise BadRequest(f"a tag key must have 1 to {_MAX_KEY} characters, got {len(key)}")
        if len(value) > _MAX_VALUE:
            raise BadRequest(f"the value of tag {key!r} must have at most {_MAX_VALUE} characters")
        if key.lower().startswith("aws:"):
            raise BadRequest(f"the tag key {key!r} starts with aws:, which is reserved")


def tag_resource(context: Context, request: Request) -> None:
    """TagResource."""
    added: dict[str, str] = request["TagsModel"]["tags"]

    def change(tags: dict[str, str]) -> dict[str, str]:
        return tags | added

    _change(context, request["ResourceArn"], change)


def untag_resource(context: Context, request: Request) -> None:
    """UntagResource."""
    removed: list[str] = request["TagKeys"]

    def change(tags: dict[str, str]) -> dict[str, str]:
        return {key: value for key, value in tags.items() if key not in removed}

    _change(context, request["ResourceArn"], change)


def list_tags_for_resource(context: Context, request: Request) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"tags": _resource(context, request["ResourceArn"]).doc.get("tags", {})}


def _change(context: Context, arn: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    for _ in range(_ATTEMPTS):
        item = _resource(context, arn)
        tags = change(item.doc.get("tags", {}))
        check_tags(tags)
        document = {**item.doc, "tags": tags}
        try:
            context.store.put(Put(item.key, document, expected=item.version, counters=item.counters))
        except TransactionLost:
            continue
        return
    raise Conflict("the resource was changed by others on every attempt")


def _resource(context: Context, arn: str) -> Item:
    match = _RESOURCE.fullmatch(arn)
    if match is None:
        raise BadRequest(
            "ResourceArn must be the ARN of an application, a campaign, a segment or a message template"
        )
    item = None
    if (match["region"], match["account"]) == (context.region, context.account):
        item = context.store.get(_key(match))
    if item is None:
        raise NotFound("no resource has this ARN")
    return item


def _key(match: re.Match[str]) -> Key:
    if match["template"]:
        return active_template_key(match["type"], match["template"])
    if match["kind"] == "campaigns":
        return campaign_key(match["app"], match["id"])
    if match["kind"] == "segments":
        return segment_key(match["app"], match["id"])
    return application_key(match["app"])
