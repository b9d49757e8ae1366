"""Phone numbers, sender ids and pools."""

from typing import Any, Final

from embedded.sms_voice.account import HELP, STOP
from embedded.sms_voice.resource_types.calls import (
    Calls,
    Properties,
    Provisioned,
    ResourceType,
    flag,
    retag,
)
from embedded.sms_voice.resources import DEFAULT_LIST

# Of a number that a template makes; the type has no property for it.
_MESSAGE_TYPE: Final = "TRANSACTIONAL"


def _create_number(calls: Calls, base: str, properties: Properties) -> Provisioned:  # noqa: ARG001
    made = calls(
        "RequestPhoneNumber",
        IsoCountryCode=properties["IsoCountryCode"],
        MessageType=_MESSAGE_TYPE,
        NumberCapabilities=properties["NumberCapabilities"],
        NumberType=properties["NumberType"],
        Tags=properties.get("Tags"),
    )
    number_id = made["PhoneNumberId"]
    try:
        _configure_number(calls, number_id, {}, properties)
    except Exception:
        calls("ReleasePhoneNumber", PhoneNumberId=number_id)
        raise
    return number_id, _number_attributes(made)


def _update_number(calls: Calls, number_id: str, old: Properties, new: Properties) -> Provisioned:
    (found,) = calls("DescribePhoneNumbers", PhoneNumberIds=[number_id])["PhoneNumbers"]
    _configure_number(calls, number_id, old, new)
    retag(calls, found["PhoneNumberArn"], old, new)
    return number_id, _number_attributes(found)


def _delete_number(calls: Calls, number_id: str) -> None:
    calls("ReleasePhoneNumber", PhoneNumberId=number_id)


def _configure_number(calls: Calls, number_id: str, old: Properties, new: Properties) -> None:
    _put_keywords(calls, number_id, old, new)
    settings = _settings(new)
    (found,) = calls("DescribePhoneNumbers", PhoneNumberIds=[number_id])["PhoneNumbers"]
    if found.get("PoolId"):
        # In a pool the pool's settings count, and the number's own cannot be changed.
        settings = {"DeletionProtectionEnabled": settings["DeletionProtectionEnabled"]}
    calls("UpdatePhoneNumber", PhoneNumberId=number_id, **settings)


def _number_attributes(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "Arn": facts["PhoneNumberArn"],
        "PhoneNumber": facts["PhoneNumber"],
        "PhoneNumberId": facts["PhoneNumberId"],
    }


def _create_pool(calls: Calls, base: str, properties: Properties) -> Provisioned:  # noqa: ARG001
    first, *others = properties["OriginationIdentities"]
    made = calls(
        "CreatePool", OriginationIdentity=first, MessageType=_MESSAGE_TYPE, Tags=properties.get("Tags")
    )
    pool_id = made["PoolId"]
    try:
        for identity in others:
            calls("AssociateOriginationIdentity", PoolId=pool_id, OriginationIdentity=identity)
        _configure_pool(calls, pool_id, {}, properties)
    except Exception:
        calls("DeletePool", PoolId=pool_id)
        raise
    return pool_id, {"Arn": made["PoolArn"], "PoolId": pool_id}


def _update_pool(calls: Calls, pool_id: str, old: Properties, new: Properties) -> Provisioned:
    (found,) = calls("DescribePools", PoolIds=[pool_id])["Pools"]
    # An identity joins only where its settings are the pool's, so these come first.
    _configure_pool(calls, pool_id, old, new)
    before, now = old["OriginationIdentities"], new["OriginationIdentities"]
    # The last identity cannot leave, so the new ones come first.
    for identity in now:
        if identity not in before:
            calls("AssociateOriginationIdentity", PoolId=pool_id, OriginationIdentity=identity)
    for identity in before:
        if identity not in now:
            calls("DisassociateOriginationIdentity", PoolId=pool_id, OriginationIdentity=identity)
    retag(calls, found["PoolArn"], old, new)
    return pool_id, {"Arn": found["PoolArn"], "PoolId": pool_id}


def _delete_pool(calls: Calls, pool_id: str) -> None:
    calls("DeletePool", PoolId=pool_id)


def _configure_pool(calls: Calls, pool_id: str, old: Properties, new: Properties) -> None:
    _put_keywords(calls, pool_id, old, new)
    shared = flag(new.get("SharedRoutesEnabled"))
    calls("UpdatePool", PoolId=pool_id, SharedRoutesEnabled=shared, **_settings(new))


def _settings(properties: Properties) -> dict[str, Any]:
    two_way = properties.get("TwoWay") or {}
    return {
        "TwoWayEnabled": bool(flag(two_way.get("Enabled"))),
        "TwoWayChannelArn": two_way.get("ChannelArn"),
        "TwoWayChannelRole": two_way.get("ChannelRole"),
        "SelfManagedOptOutsEnabled": bool(flag(properties.get("SelfManagedOptOutsEnabled"))),
        "OptOutListName": properties.get("OptOutListName") or DEFAULT_LIST,
        "DeletionProtectionEnabled": bool(flag(properties.get("DeletionProtectionEnabled"))),
    }


def _put_keywords(calls: Calls, owner: str, old: Properties, new: Properties) -> None:
    for word in (HELP, STOP):
        message = new["MandatoryKeywords"][word]["Message"]
        calls("PutKeyword", OriginationIdentity=owner, Keyword=word, KeywordMessage=message)
    wanted = {each["Keyword"]: each for each in new.get("OptionalKeywords", [])}
    for each in old.get("OptionalKeywords", []):
        if each["Keyword"] not in wanted:
            calls("DeleteKeyword", OriginationIdentity=owner, Keyword=each["Keyword"])
    for word, each in wanted.items():
        calls(
            "PutKeyword",
            OriginationIdentity=owner,
            Keyword=word,
            KeywordMessage=each["Message"],
            KeywordAction=each["Action"],
        )


def _create_sender(calls: Calls, base: str, properties: Properties) -> Provisioned:  # noqa: ARG001
    made = calls(
        "RequestSenderId",
        SenderId=properties["SenderId"],
        IsoCountryCode=properties["IsoCountryCode"],
        DeletionProtectionEnabled=flag(properties.get("DeletionProtectionEnabled")),
        Tags=properties.get("Tags"),
    )
    return f"{made['SenderId']}|{made['IsoCountryCode']}", {"Arn": made["SenderIdArn"]}


def _update_sender(calls: Calls, physical_id: str, old: Properties, new: Properties) -> Provisioned:
    name, _, country = physical_id.partition("|")
    changed = calls(
        "UpdateSenderId",
        SenderId=name,
        IsoCountryCode=country,
        DeletionProtectionEnabled=bool(flag(new.get("DeletionProtectionEnabled"))),
    )
    retag(calls, changed["SenderIdArn"], old, new)
    return physical_id, {"Arn": changed["SenderIdArn"]}


def _delete_sender(calls: Calls, physical_id: str) -> None:
    name, _, country = physical_id.partition("|")
    calls("ReleaseSenderId", SenderId=name, IsoCountryCode=country)


_REPLYING: Final = frozenset(
    {
        "DeletionProtectionEnabled",
        "MandatoryKeywords",
        "OptOutListName",
        "OptionalKeywords",
        "SelfManagedOptOutsEnabled",
        "Tags",
        "TwoWay",
    }
)
PHONE_NUMBER: Final = ResourceType(
    name="AWS::SMSVOICE::PhoneNumber",
    properties=_REPLYING | {"IsoCountryCode", "NumberCapabilities", "NumberType"},
    replacing=("IsoCountryCode", "NumberCapabilities", "NumberType"),
    create=_create_number,
    update=_update_number,
    delete=_delete_number,
)
POOL: Final = ResourceType(
    name="AWS::SMSVOICE::Pool",
    properties=_REPLYING | {"OriginationIdentities", "SharedRoutesEnabled"},
    replacing=(),
    create=_create_pool,
    update=_update_pool,
    delete=_delete_pool,
)
SENDER_ID: Final = ResourceType(
    name="AWS::SMSVOICE::SenderId",
    properties=frozenset({"DeletionProtectionEnabled", "IsoCountryCode", "SenderId", "Tags"}),
    replacing=("IsoCountryCode", "SenderId"),
    create=_create_sender,
    update=_update_sender,
    delete=_delete_sender,
)
