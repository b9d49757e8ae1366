"""One event source mapping, read from ministack's record of it at the moment of use."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from embedded.lambda_events.batches import UNLIMITED, Limits
from embedded.ministack_names import find

_LAMBDA = "ministack.services.lambda_svc"


@dataclass(frozen=True)
class Mapping:
    """A mapping's settings, with CloudFormation's strings read as what they mean.

    Attributes:
        record: ministack's own, for what it shows of the mapping (state, last result).
        function: The function's record, of the mapped version or alias.
    """

    account: str
    region: str
    record: dict[str, Any]
    function: dict[str, Any]

    @property
    def uuid(self) -> str:
        return str(self.record["UUID"])

    @property
    def source(self) -> str:
        return str(self.record["EventSourceArn"])

    @property
    def role(self) -> str:
        return str(self.config.get("Role", ""))

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.function.get("config") or self.function
        return config

    @property
    def batch_size(self) -> int:
        return int(self.record.get("BatchSize") or (10 if self.is_queue else 100))

    @property
    def window(self) -> float:
        return float(self.record.get("MaximumBatchingWindowInSeconds") or 0)

    @property
    def lanes(self) -> int:
        """Batches of one shard that may run at once."""
        return int(self.record.get("ParallelizationFactor") or 1)

    @property
    def is_queue(self) -> bool:
        return self.source.split(":")[2] == "sqs"

    @property
    def reports_items(self) -> bool:
        return "ReportBatchItemFailures" in (self.record.get("FunctionResponseTypes") or ())

    @property
    def limits(self) -> Limits:
        return Limits(
            retries=_limit(self.record.get("MaximumRetryAttempts")),
            age=_limit(self.record.get("MaximumRecordAgeInSeconds")),
            bisect=_is_true(self.record.get("BisectBatchOnFunctionError", False)),
        )

    @property
    def on_failure(self) -> str:
        destinations = self.record.get("DestinationConfig") or {}
        return str((destinations.get("OnFailure") or {}).get("Destination", ""))

    def show(self, result: str) -> None:
        """Record what GetEventSourceMapping answers as LastProcessingResult."""
        self.record["LastProcessingResult"] = result

    def filter(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The events that the mapping's filter criteria let through."""
        kept: list[dict[str, Any]] = find(f"{_LAMBDA}._apply_filter_criteria")(events, self.record)
        return kept

    def exists(self) -> bool:
        """Whether the mapping was not deleted; it may be disabled."""
        record = find(f"{_LAMBDA}._esms").get_scoped(self.account, self.region, self.uuid)
        return record is self.record

    @contextmanager
    def scope(self) -> Generator[None]:
        """ministack keeps what belongs to an account and region apart; this block is in the mapping's."""
        account, region = _scopes()
        account_token = account.set(self.account)
        region_token = region.set(self.region)
        try:
            yield
        finally:
            region.reset(region_token)
            account.reset(account_token)


def enabled_mappings() -> Iterator[Mapping]:
    """Every mapping that is enabled and whose function exists."""
    for account, region, record in find(f"{_LAMBDA}._iter_all_esms")():
        mapping = _read(account, region, record)
        if mapping is not None:
            yield mapping


def current(mapping: Mapping) -> Mapping | None:
    """The mapping as it is now, or None once it was deleted, disabled or reset."""
    return _read(mapping.account, mapping.region, mapping.record) if mapping.exists() else None


def _read(account: str, region: str, record: dict[str, Any]) -> Mapping | None:
    if not _is_true(record.get("Enabled", True)):
        return None
    account_scope, region_scope = _scopes()
    account_token, region_token = account_scope.set(account), region_scope.set(region)
    try:
        function, config = find(f"{_LAMBDA}._get_func_record_for_qualifier")(
            record["FunctionName"], record.get("Qualifier")
        )
    finally:
        region_scope.reset(region_token)
        account_scope.reset(account_token)
    if function is None or config is None:
        return None
    return Mapping(account, region, record, function)


def _scopes() -> tuple[Any, Any]:
    return find(f"{_LAMBDA}._request_account_id"), find(f"{_LAMBDA}._request_region")


def _limit(value: Any) -> int:
    return UNLIMITED if value is None else int(value)


def _is_true(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)
