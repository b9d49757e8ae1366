"""Where the variables of a direct message get their values from.

Strength of values, the strongest first: the recipient's substitutions, the message's substitutions, the
stored endpoint, the template's default substitutions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import choices
from engine.store import Document


@dataclass(frozen=True)
class Substitutions:
    """What a request and a template say, before a recipient comes in.

    Attributes:
        message: The substitutions of the request's message.
        default_message: Those of its `DefaultMessage`, for channels without a message of their own.
        defaults: The template's default substitutions.
    """

    message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    default_message: Mapping[str, Any] = field(default_factory=dict[str, Any])
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def layers(
        self, configuration: Mapping[str, Any], endpoint: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], ...]:
        """The layers of one recipient.

        Args:
            configuration: Its `AddressConfiguration` or `EndpointSendConfiguration`.
            endpoint: The stored endpoint, or for a bare address what is known of it.
        """
        said = (configuration.get("Substitutions", {}), self.message, self.default_message)
        if choices.SUBSTITUTIONS_OUTRANK_THE_ENDPOINT:
            return (*said, endpoint, self.defaults)
        return (endpoint, *said, self.defaults)


def substitutions_of(configuration: Document, message: str, template: Document) -> Substitutions:
    """What a request's message and its template give.

    Args:
        configuration: The request's `MessageConfiguration`.
        message: The member of it, such as `SMSMessage`.
        template: The template's document; empty if there is none.
    """
    return Substitutions(
        message=configuration.get(message, {}).get("Substitutions", {}),
        default_message=configuration.get("DefaultMessage", {}).get("Substitutions", {}),
        defaults=json.loads(template.get("DefaultSubstitutions") or "{}"),
    )
