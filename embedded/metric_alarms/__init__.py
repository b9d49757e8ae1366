"""Alarms on metric math can be deployed.

ministack's CloudFormation refuses a template with one. Here such an alarm watches the first metric that its
expression is made of: alarms see custom metrics only, so that neither would ring for a service's own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from embedded import ministack_names
from embedded.server import Server

_RECORD: Final = "ministack.services.cloudformation.provisioners._cw_metric_alarm_record"
_Record = Callable[[str, Mapping[str, Any]], Any]


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Let alarms on metric math be made."""
    record: _Record = ministack_names.find(_RECORD)

    def record_on_one_metric(name: str, props: Mapping[str, Any]) -> Any:
        return record(name, on_one_metric(props))

    ministack_names.replace(_RECORD, record_on_one_metric)


def on_one_metric(props: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of an alarm, on the first metric of its expression if it has one."""
    stats = [each["MetricStat"] for each in props.get("Metrics") or () if "MetricStat" in each]
    if not stats:
        return props
    others = {name: value for name, value in props.items() if name != "Metrics"}
    first: dict[str, Any] = stats[0]
    return {**others, **first["Metric"], "Period": first["Period"], "Statistic": first["Stat"]}
