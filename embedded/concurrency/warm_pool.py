"""A bound on idle Lambda workers: each keeps an interpreter with boto3 in memory (about 48 MB)."""

from collections.abc import Callable
from typing import Any, Final

from embedded.ministack_names import find

IDLE_WORKERS: Final = 24


def bounded(acquire: Callable[..., tuple[Any, str]]) -> Callable[..., tuple[Any, str]]:
    """Wrap ministack's `acquire_worker` so that a new worker ends the longest idle ones above the bound."""

    def acquire_worker(*args: Any, **kwargs: Any) -> tuple[Any, str]:
        worker, how = acquire(*args, **kwargs)
        if how == "spawn":
            end_longest_idle(IDLE_WORKERS)
        return worker, how

    return acquire_worker


def end_longest_idle(keep: int) -> int:
    """End idle workers, the longest idle first, until `keep` idle ones are left; returns how many ended."""
    pools: dict[Any, list[Any]] = find("ministack.core.lambda_runtime._workers")
    ended: list[Any] = []
    with find("ministack.core.lambda_runtime._lock"):
        idle = [
            (worker.last_used, key, worker)
            for key, pool in pools.items()
            for worker in pool
            if not worker.in_use
        ]
        for _, key, worker in sorted(idle, key=lambda entry: entry[0])[: max(0, len(idle) - keep)]:
            pools[key].remove(worker)
            ended.append(worker)
    find("ministack.core.lambda_runtime.kill_workers")(ended)
    return len(ended)
