"""Configuration sets and their event destinations."""

from dataclasses import replace
from typing import Any, Final

from embedded.sms_voice.account import Account
from embedded.sms_voice.errors import Conflict, Invalid, NotFound, QuotaExceeded
from embedded.sms_voice.operations.tags import put_tags
from embedded.sms_voice.paging import page
from embedded.sms_voice.resources import ConfigurationSet

_Facts = dict[str, Any]
_MOST_DESTINATIONS: Final = 5
_KINDS: Final = ("CloudWatchLogsDestination", "KinesisFirehoseDestination", "SnsDestination")


def create_configuration_set(account: Account, request: _Facts) -> _Facts:
    """A set without event destinations."""
    name = request["ConfigurationSetName"]
    if name in account.configuration_sets:
        raise Conflict("RESOURCE_ALREADY_EXISTS", f"The set {name} exists", "configuration-set", name)
    arn = account.arn("configuration-set", name)
    created = ConfigurationSet(arn=arn, name=name, created=account.clock())
    account.configuration_sets[name] = created
    return {**created.facts(), "Tags": put_tags(account, arn, request)}


def describe_configuration_sets(account: Account, request: _Facts) -> _Facts:
    """All sets, or those that are named."""
    named = [account.configuration_set(reference) for reference in request.get("ConfigurationSetNames", [])]
    listed = [each.facts() for each in named or account.configuration_sets.values()]
    return page(listed, request, "ConfigurationSets")


def delete_configuration_set(account: Account, request: _Facts) -> _Facts:
    """Remove a set and its event destinations."""
    found = account.configuration_set(request["ConfigurationSetName"])
    del account.configuration_sets[found.name]
    account.tags.pop(found.arn, None)
    return found.facts()


def create_event_destination(account: Account, request: _Facts) -> _Facts:
    """Add a destination to a set; it is enabled at once."""
    found = account.configuration_set(request["ConfigurationSetName"])
    name = request["EventDestinationName"]
    if any(each["EventDestinationName"] == name for each in found.destinations):
        raise Conflict("RESOURCE_ALREADY_EXISTS", f"{name} exists in the set", "event-destination", name)
    if len(found.destinations) >= _MOST_DESTINATIONS:
        raise QuotaExceeded(
            "EVENT_DESTINATIONS_PER_CONFIGURATION_SET", f"A set has at most {_MOST_DESTINATIONS} of them"
        )
    destination = _destination({"Enabled": True, **request})
    return _keep(account, found, (*found.destinations, destination), destination)


def update_event_destination(account: Account, request: _Facts) -> _Facts:
    """Change a destination of a set."""
    found = account.configuration_set(request["ConfigurationSetName"])
    before = _find(found, request["EventDestinationName"])
    if any(kind in request for kind in _KINDS):
        before = {name: value for name, value in before.items() if name not in _KINDS}
    changed = _destination({**before, **request})
    name = changed["EventDestinationName"]
    kept = tuple(changed if each["EventDestinationName"] == name else each for each in found.destinations)
    return _keep(account, found, kept, changed)


def delete_event_destination(account: Account, request: _Facts) -> _Facts:
    """Remove a destination from a set."""
    found = account.configuration_set(request["ConfigurationSetName"])
    gone = _find(found, request["EventDestinationName"])
    return _keep(account, found, tuple(each for each in found.destinations if each is not gone), gone)


def set_default_message_type(account: Account, request: _Facts) -> _Facts:
    """What messages of the set are where they do not say it."""
    found = account.configuration_set(request["ConfigurationSetName"])
    account.configuration_sets[found.name] = replace(found, message_type=request["MessageType"])
    return {**found.facts(), "MessageType": request["MessageType"]}


def set_default_sender_id(account: Account, request: _Facts) -> _Facts:
    """Who sends the set's messages where they do not say it."""
    found = account.configuration_set(request["ConfigurationSetName"])
    account.configuration_sets[found.name] = replace(found, sender_id=request["SenderId"])
    return {**found.facts(), "SenderId": request["SenderId"]}


def set_default_message_feedback_enabled(account: Account, request: _Facts) -> _Facts:
    """Whether the set's messages wait for feedback where they do not say it."""
    found = account.configuration_set(request["ConfigurationSetName"])
    account.configuration_sets[found.name] = replace(found, feedback=request["MessageFeedbackEnabled"])
    return {**found.facts(), "MessageFeedbackEnabled": request["MessageFeedbackEnabled"]}


def _destination(request: _Facts) -> _Facts:
    kinds = [kind for kind in _KINDS if request.get(kind)]
    if len(kinds) != 1:
        reason = "PARAMETERS_CANNOT_BE_USED_TOGETHER" if kinds else "MISSING_PARAMETER"
        raise Invalid(reason, f"An event destination has one of {', '.join(_KINDS)}")
    members = ("EventDestinationName", "Enabled", "MatchingEventTypes", *kinds)
    return {name: request[name] for name in members}


def _find(found: ConfigurationSet, name: str) -> _Facts:
    for destination in found.destinations:
        if destination["EventDestinationName"] == name:
            return destination
    raise NotFound("event-destination", name)


def _keep(
    account: Account, found: ConfigurationSet, destinations: tuple[_Facts, ...], changed: _Facts
) -> _Facts:
    account.configuration_sets[found.name] = replace(found, destinations=destinations)
    return {**found.facts(), "EventDestination": changed}
