"""Message templates as resources of a stack: typed, and checked before anything is deployed."""

import json
import re
from collections.abc import Mapping
from typing import Final

from aws_cdk import Token
from aws_cdk import aws_pinpoint as pinpoint
from constructs import Construct

from pinpoint_patterns._findings import acknowledge_end_of_service

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_LONGEST_EMAIL: Final = 600_000
_LONGEST_SMS: Final = 1_600


class EmailTemplate(Construct):
    """An e-mail template of the account, used by name in campaigns and messages.

    Args:
        name: 1 to 128 letters, digits, `-` and `_`; one of its kind in the account and Region. Changing it
            replaces the template.
        subject: With `{{Variables}}`.
        html: The HTML part, and
        text: the text part; at least one of them.
        default_substitutions: Values for variables that a message leaves open, by name.
        description: For people.
        tags: Tags of the template itself.

    Raises:
        ValueError: The name is not allowed, there is no part, or all parts together are longer than 600,000
            characters.

    See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-emailtemplate.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        subject: str,
        html: str | None = None,
        text: str | None = None,
        default_substitutions: Mapping[str, str] | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_name(name)
        if html is None and text is None:
            raise ValueError(f"the template {name} has nothing to say: give html, text or both")
        _check_length(name, [subject, html or "", text or ""], _LONGEST_EMAIL)
        self.resource = pinpoint.CfnEmailTemplate(
            self,
            "Resource",
            template_name=name,
            subject=subject,
            html_part=html,
            text_part=text,
            default_substitutions=_as_json(default_substitutions),
            template_description=description,
            tags=dict(tags) if tags else None,
        )
        acknowledge_end_of_service(self.resource)
        self.template_name = self.resource.ref
        self.template_arn = self.resource.attr_arn


class SmsTemplate(Construct):
    """A text message template of the account, used by name in campaigns and messages.

    Args:
        name: 1 to 128 letters, digits, `-` and `_`; one of its kind in the account and Region. Changing it
            replaces the template.
        body: With `{{Variables}}`.
        default_substitutions: Values for variables that a message leaves open, by name.
        description: For people.
        tags: Tags of the template itself.

    Raises:
        ValueError: The name is not allowed, or the body is empty or longer than 1,600 characters.

    See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-smstemplate.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        body: str,
        default_substitutions: Mapping[str, str] | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_name(name)
        if not body:
            raise ValueError(f"the template {name} has nothing to say: give a body")
        _check_length(name, [body], _LONGEST_SMS)
        self.resource = pinpoint.CfnSmsTemplate(
            self,
            "Resource",
            template_name=name,
            body=body,
            default_substitutions=_as_json(default_substitutions),
            template_description=description,
            tags=dict(tags) if tags else None,
        )
        acknowledge_end_of_service(self.resource)
        self.template_name = self.resource.ref
        self.template_arn = self.resource.attr_arn


def _check_name(name: str) -> None:
    if not Token.is_unresolved(name) and not _NAME.fullmatch(name):
        raise ValueError(
            f"name must be 1 to 128 letters, digits, - and _, beginning with no sign, got {name!r}"
        )


def _check_length(name: str, parts: list[str], most: int) -> None:
    length = sum(len(part) for part in parts if not Token.is_unresolved(part))
    if length > most:
        raise ValueError(f"the template {name} may have {most:,} characters, got {length:,}: shorten it")


def _as_json(substitutions: Mapping[str, str] | None) -> str | None:
    return json.dumps(dict(substitutions), ensure_ascii=False) if substitutions else None
