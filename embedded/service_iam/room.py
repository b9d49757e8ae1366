"""Puts the checks into every service that calls another."""

from embedded.service_iam import gateways, notifications, rules, state_machines


def install() -> None:
    """Check IAM for calls by rules, schedules, topics, buckets, APIs and state machines."""
    for part in (rules, notifications, gateways, state_machines):
        part.install()
