"""E-mail templates; what they share with other kinds is in `message_templates.py`.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/templates-template-name-email.html
"""

from typing import Any

from engine.context import Context
from engine.operations.message_templates import (
    create_template,
    delete_template,
    get_template,
    update_template,
)
from engine.operations.registry import Request


def create_email_template(context: Context, request: Request) -> dict[str, Any]:
    """CreateEmailTemplate: version 1 is the active one."""
    return create_template(context, request, "EMAIL")


def get_email_template(context: Context, request: Request) -> dict[str, Any]:
    """GetEmailTemplate: the active version, or the one asked for."""
    return get_template(context, request, "EMAIL")


def update_email_template(context: Context, request: Request) -> dict[str, Any]:
    """UpdateEmailTemplate: changes the active version in place, or the one named, or adds a version."""
    return update_template(context, request, "EMAIL")


def delete_email_template(context: Context, request: Request) -> dict[str, Any]:
    """DeleteEmailTemplate: one version, which must not be the active one, or all of them."""
    return delete_template(context, request, "EMAIL")
