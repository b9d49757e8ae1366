"""SMS templates; what they share with other kinds is in `message_templates.py`.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/templates-template-name-sms.html
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


def create_sms_template(context: Context, request: Request) -> dict[str, Any]:
    """CreateSmsTemplate: version 1 is the active one."""
    return create_template(context, request, "SMS")


def get_sms_template(context: Context, request: Request) -> dict[str, Any]:
    """GetSmsTemplate: the active version, or the one asked for."""
    return get_template(context, request, "SMS")


def update_sms_template(context: Context, request: Request) -> dict[str, Any]:
    """UpdateSmsTemplate: changes the active version in place, or the one named, or adds a version."""
    return update_template(context, request, "SMS")


def delete_sms_template(context: Context, request: Request) -> dict[str, Any]:
    """DeleteSmsTemplate: one version, which must not be the active one, or all of them."""
    return delete_template(context, request, "SMS")
