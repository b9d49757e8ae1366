"""What a campaign hook can be made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from aws_cdk import Duration, Token
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from pinpoint_patterns._webhook_url import check_webhook_url

# Fifty endpoints a call, in an answer of 6 MB that also holds what they had before.
LARGEST_OF_AN_ENDPOINT: Final = 100_000


@dataclass(frozen=True)
class FrequencyCap:
    """At most so many messages a user in a sliding window, exact under concurrency.

    A user is `User.UserId` or, without one, the endpoint. What is let through counts from then on, unless
    the event stream tells that it was not sent.

    Attributes:
        max_messages: 1 to 100.
        window: 1 minute to 31 days.
    """

    max_messages: int
    window: Duration

    def __post_init__(self) -> None:
        if not Token.is_unresolved(self.max_messages) and not 1 <= self.max_messages <= 100:
            raise ValueError(f"max_messages must be 1 to 100, got {self.max_messages}")
        if not Token.is_unresolved(self.window) and not 60 <= self.window.to_seconds() <= 31 * 86400:
            raise ValueError(f"window must be 1 minute to 31 days, got {self.window.to_human_string()}")


@dataclass(frozen=True)
class Deny:
    """Leaves out whoever has one of some values in an attribute, of the endpoint or of its user.

    Attributes:
        attribute: Its name.
        values: At least one.
    """

    attribute: str
    values: Sequence[str]

    def __post_init__(self) -> None:
        if isinstance(self.values, str) or not self.values:
            raise ValueError(f'values of {self.attribute!r} must be a list of texts, such as ["banned"]')


@dataclass(frozen=True)
class Audit:
    """Records for each endpoint whether it was sent to and, if not, why; no addresses.

    Attributes:
        bucket: Where to; a new bucket by default.
        keep: How long a new bucket keeps a record.
    """

    bucket: s3.IBucket | None = None
    keep: Duration = field(default_factory=lambda: Duration.days(365))


@dataclass(frozen=True)
class FetchedAttributes:
    """Attributes that another system knows at the moment of sending, such as an offer: one call a batch.

    Attributes:
        url: Where they are asked for, by signed POST; https.
        names: The attributes, which templates say as `{{Attributes.<name>}}`.
        fallback: What an endpoint gets for which none came in time; None leaves it out.
        secret: What signs the questions, `whsec_<base64>`; a new one for the hook by default.
        wait: How long an answer is waited for, 1 to 8 seconds.
        largest: Bytes of an endpoint's attributes: fifty have to fit into a function's answer of 6 MB.
    """

    url: str
    names: Sequence[str]
    fallback: Mapping[str, Sequence[str]] | None = None
    secret: secretsmanager.ISecret | None = None
    wait: Duration = field(default_factory=lambda: Duration.seconds(3))
    largest: int = 4_096

    def __post_init__(self) -> None:
        check_webhook_url(self.url)
        if isinstance(self.names, str) or not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(f'names must be a list such as ["Offer"], each once, got {self.names!r}')
        self._check_fallback(self.fallback)
        if not 1 <= self.wait.to_seconds() <= 8:
            raise ValueError(f"wait must be 1 to 8 seconds, got {self.wait.to_human_string()}")
        if not 1 <= self.largest <= LARGEST_OF_AN_ENDPOINT:
            raise ValueError(f"largest must be 1 to {LARGEST_OF_AN_ENDPOINT} bytes, got {self.largest}")

    def _check_fallback(self, fallback: Mapping[str, Sequence[str]] | None) -> None:
        if fallback is None:
            return
        if set(fallback) != set(self.names):
            raise ValueError(f"fallback must have a value for each of {list(self.names)}, or be None")
        if any(isinstance(values, str) or not values for values in fallback.values()):
            raise ValueError('fallback must hold lists of texts, such as {"Offer": ["none"]}')
        size = len(json.dumps(_listed(fallback)))
        if size > self.largest:
            raise ValueError(f"fallback must have at most {self.largest} bytes as JSON, got {size}")

    @property
    def setting(self) -> dict[str, Any]:
        """What the function is told, but for the secret."""
        return {
            "url": self.url,
            "names": list(self.names),
            **({"fallback": _listed(self.fallback)} if self.fallback is not None else {}),
            "wait": round(self.wait.to_seconds()),
            "largest": self.largest,
        }


def _listed(attributes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in attributes.items()}


@dataclass(frozen=True)
class ExternalTemplate(FetchedAttributes):
    """A body that another system renders for each endpoint, at the moment of sending.

    A campaign's template is then `{{Attributes.Body}}` and nothing else. Without a body an endpoint is left
    out, unless there is a fallback that is right for everybody.

    Attributes:
        names: One name, of the attribute that holds the body.
        wait: How long all bodies of a batch are waited for.
        largest: Bytes of a body, as JSON.
    """

    names: Sequence[str] = ("Body",)
    wait: Duration = field(default_factory=lambda: Duration.seconds(5))
    largest: int = 100_000

    def __post_init__(self) -> None:
        FetchedAttributes.__post_init__(self)
        if len(self.names) != 1:
            raise ValueError(f"names of an ExternalTemplate must hold one name, got {list(self.names)}")


HookFilter: TypeAlias = FrequencyCap | Deny | Audit | FetchedAttributes
