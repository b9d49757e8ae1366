"""What a campaign hook can be made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from aws_cdk import Duration, Token
from aws_cdk import aws_s3 as s3


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


HookFilter: TypeAlias = FrequencyCap | Deny | Audit
