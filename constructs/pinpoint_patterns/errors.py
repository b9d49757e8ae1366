"""What goes wrong while an app is put together, one class a condition."""


class NotTranslatable(Exception):
    """Something about Pinpoint that has no exact equivalent on the engine.

    Attributes:
        reason: What it is.
        remedy: What to do about it.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class HostedElsewhere(ValueError):
    """`host` was called with a scope that this engine cannot serve."""
