"""Configuration sets and opt-out lists."""

from typing import Any, Final

from embedded.sms_voice.resource_types.calls import (
    Calls,
    Properties,
    Provisioned,
    ResourceType,
    flag,
    generated_name,
    retag,
)

_DESTINATION_MEMBERS: Final = (
    "MatchingEventTypes",
    "CloudWatchLogsDestination",
    "KinesisFirehoseDestination",
    "SnsDestination",
)


def _create_list(calls: Calls, base: str, properties: Properties) -> Provisioned:
    name = properties.get("OptOutListName") or generated_name(base)
    made = calls("CreateOptOutList", OptOutListName=name, Tags=properties.get("Tags"))
    return name, {"Arn": made["OptOutListArn"]}


def _update_list(calls: Calls, name: str, old: Properties, new: Properties) -> Provisioned:
    (found,) = calls("DescribeOptOutLists", OptOutListNames=[name])["OptOutLists"]
    retag(calls, found["OptOutListArn"], old, new)
    return name, {"Arn": found["OptOutListArn"]}


def _delete_list(calls: Calls, name: str) -> None:
    calls("DeleteOptOutList", OptOutListName=name)


def _create_set(calls: Calls, base: str, properties: Properties) -> Provisioned:
    name = properties.get("ConfigurationSetName") or generated_name(base)
    made = calls("CreateConfigurationSet", ConfigurationSetName=name, Tags=properties.get("Tags"))
    try:
        _configure_set(calls, name, properties)
        _put_destinations(calls, name, {}, _destinations(properties))
    except Exception:
        _delete_set(calls, name)
        raise
    return name, {"Arn": made["ConfigurationSetArn"]}


def _update_set(calls: Calls, name: str, old: Properties, new: Properties) -> Provisioned:
    (found,) = calls("DescribeConfigurationSets", ConfigurationSetNames=[name])["ConfigurationSets"]
    _configure_set(calls, name, new)
    _put_destinations(calls, name, _destinations(old), _destinations(new))
    retag(calls, found["ConfigurationSetArn"], old, new)
    return name, {"Arn": found["ConfigurationSetArn"]}


def _delete_set(calls: Calls, name: str) -> None:
    calls("DeleteConfigurationSet", ConfigurationSetName=name)


def _configure_set(calls: Calls, name: str, properties: Properties) -> None:
    if properties.get("DefaultSenderId"):
        calls("SetDefaultSenderId", ConfigurationSetName=name, SenderId=properties["DefaultSenderId"])
    feedback = flag(properties.get("MessageFeedbackEnabled"))
    if feedback is not None:
        calls("SetDefaultMessageFeedbackEnabled", ConfigurationSetName=name, MessageFeedbackEnabled=feedback)


def _destinations(properties: Properties) -> dict[str, dict[str, Any]]:
    return {each["EventDestinationName"]: each for each in properties.get("EventDestinations", [])}


def _put_destinations(
    calls: Calls, name: str, old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> None:
    for gone in old.keys() - new.keys():
        calls("DeleteEventDestination", ConfigurationSetName=name, EventDestinationName=gone)
    for destination_name, destination in new.items():
        named = {"ConfigurationSetName": name, "EventDestinationName": destination_name}
        members = {member: destination.get(member) for member in _DESTINATION_MEMBERS}
        if destination_name not in old:
            calls("CreateEventDestination", **named, **members)
        # A new one is enabled whatever its property says.
        calls("UpdateEventDestination", **named, **members, Enabled=flag(destination["Enabled"]))


OPT_OUT_LIST: Final = ResourceType(
    name="AWS::SMSVOICE::OptOutList",
    properties=frozenset({"OptOutListName", "Tags"}),
    replacing=("OptOutListName",),
    create=_create_list,
    update=_update_list,
    delete=_delete_list,
)
CONFIGURATION_SET: Final = ResourceType(
    name="AWS::SMSVOICE::ConfigurationSet",
    properties=frozenset(
        {"ConfigurationSetName", "DefaultSenderId", "EventDestinations", "MessageFeedbackEnabled", "Tags"}
    ),
    replacing=("ConfigurationSetName",),
    create=_create_set,
    update=_update_set,
    delete=_delete_set,
)
