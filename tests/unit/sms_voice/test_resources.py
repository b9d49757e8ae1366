"""Numbers, pools, lists and keywords: what can be changed, and what cannot."""

from typing import Any

import pytest

from embedded.sms_voice import model
from embedded.sms_voice.errors import Conflict, Invalid, NotFound, NotServed, ServiceError
from embedded.sms_voice.service import OPERATIONS, SENDS
from tests.support.phones import Phones

TOPIC = "arn:aws:sns:us-east-1:000000000000:replies"


def reason(phones: Phones, kind: type[ServiceError], operation: str, **request: Any) -> str:
    with pytest.raises(kind) as raised:
        phones.call(operation, **request)
    return str(raised.value.members.get("Reason", ""))


def test_what_is_served_is_in_the_model_and_the_rest_says_its_name(phones: Phones) -> None:
    served = OPERATIONS.keys() | SENDS.keys()
    assert served <= model.operations()
    with pytest.raises(NotServed, match="CreateRcsAgent"):
        phones.call("CreateRcsAgent")


def test_numbers_are_described_by_filter_and_by_page(phones: Phones) -> None:
    numbers = [phones.number(NumberType=kind) for kind in ("LONG_CODE", "TOLL_FREE", "LONG_CODE")]
    long_codes = [{"Name": "number-type", "Values": ["LONG_CODE"]}]
    first = phones.call("DescribePhoneNumbers", Filters=long_codes, MaxResults=1)
    second = phones.call("DescribePhoneNumbers", Filters=long_codes, NextToken=first["NextToken"])
    ids = [number["PhoneNumberId"] for page in (first, second) for number in page["PhoneNumbers"]]
    assert ids == [numbers[0]["PhoneNumberId"], numbers[2]["PhoneNumberId"]]
    assert "NextToken" not in second
    assert reason(phones, Invalid, "DescribePhoneNumbers", NextToken="?") == "INVALID_NEXT_TOKEN"


@pytest.mark.parametrize("word", ["HELP", "stop "])
def test_help_and_stop_can_be_worded_and_not_removed(phones: Phones, word: str) -> None:
    number = phones.number()["PhoneNumberId"]
    named = {"OriginationIdentity": number, "Keyword": word}
    changed = phones.call("PutKeyword", **named, KeywordMessage="As you wish")
    assert changed["Keyword"] == word.strip().upper()
    assert reason(phones, Conflict, "DeleteKeyword", **named) == "RESOURCE_DELETION_NOT_ALLOWED"
    other = {**named, "KeywordMessage": "No", "KeywordAction": "OPT_IN"}
    assert reason(phones, Invalid, "PutKeyword", **other) == "INVALID_PARAMETER"


def test_a_keyword_is_put_described_and_deleted(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    named = {"OriginationIdentity": number, "Keyword": "Join"}
    phones.call("PutKeyword", **named, KeywordMessage="Welcome", KeywordAction="OPT_IN")
    (found,) = phones.call("DescribeKeywords", OriginationIdentity=number, Keywords=["JOIN"])["Keywords"]
    assert found == {"Keyword": "JOIN", "KeywordMessage": "Welcome", "KeywordAction": "OPT_IN"}
    phones.call("DeleteKeyword", **named)
    assert reason(phones, NotFound, "DeleteKeyword", **named) == ""


def test_a_number_leaves_its_pool_before_it_is_released(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    pool = phones.call("CreatePool", OriginationIdentity=number, MessageType="TRANSACTIONAL")["PoolId"]
    both = {"PoolId": pool, "OriginationIdentity": number}
    assert reason(phones, Conflict, "ReleasePhoneNumber", PhoneNumberId=number) == (
        "PHONE_NUMBER_ASSOCIATED_TO_POOL"
    )
    assert reason(phones, Conflict, "DisassociateOriginationIdentity", **both) == "LAST_PHONE_NUMBER"
    members = phones.call("ListPoolOriginationIdentities", PoolId=pool)["OriginationIdentities"]
    assert [member["OriginationIdentity"] for member in members] == [number]
    phones.call("DeletePool", PoolId=pool)
    assert phones.call("ReleasePhoneNumber", PhoneNumberId=number)["Status"] == "DELETED"
    assert phones.call("DescribePools")["Pools"] == []


def test_two_way_needs_a_standard_topic(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    asked = {"PhoneNumberId": number, "TwoWayEnabled": True}
    assert reason(phones, Invalid, "UpdatePhoneNumber", **asked) == "TWO_WAY_CHANNEL_NOT_PRESENT"
    fifo = {**asked, "TwoWayChannelArn": f"{TOPIC}.fifo"}
    assert reason(phones, Invalid, "UpdatePhoneNumber", **fifo) == "INVALID_PARAMETER"
    assert phones.call("UpdatePhoneNumber", **asked, TwoWayChannelArn=TOPIC)["TwoWayChannelArn"] == TOPIC


def test_a_number_comes_off_a_list_once_in_thirty_days(phones: Phones) -> None:
    entry = {"OptOutListName": "Default", "OptedOutNumber": "+14255550100"}
    phones.call("PutOptedOutNumber", **entry)
    (found,) = phones.call("DescribeOptedOutNumbers", OptOutListName="Default")["OptedOutNumbers"]
    assert (found["OptedOutNumber"], found["EndUserOptedOut"]) == ("+14255550100", False)
    phones.call("DeleteOptedOutNumber", **entry)
    phones.call("PutOptedOutNumber", **entry)
    assert reason(phones, Invalid, "DeleteOptedOutNumber", **entry) == "PHONE_NUMBER_CANNOT_BE_OPTED_IN"
    phones.clock.now += 31 * 24 * 3600
    phones.call("DeleteOptedOutNumber", **entry)
    assert phones.call("DescribeOptedOutNumbers", OptOutListName="Default")["OptedOutNumbers"] == []


def test_a_list_in_use_is_not_deleted(phones: Phones) -> None:
    arn = phones.call("CreateOptOutList", OptOutListName="quiet")["OptOutListArn"]
    number = phones.number(OptOutListName=arn)["PhoneNumberId"]
    quiet = {"OptOutListName": "quiet"}
    assert reason(phones, Conflict, "DeleteOptOutList", **quiet) == "RESOURCE_DELETION_NOT_ALLOWED"
    phones.call("ReleasePhoneNumber", PhoneNumberId=number)
    assert phones.call("DeleteOptOutList", **quiet)["OptOutListArn"] == arn


def test_an_event_destination_goes_to_one_place(phones: Phones) -> None:
    phones.call("CreateConfigurationSet", ConfigurationSetName="set")
    named = {
        "ConfigurationSetName": "set",
        "EventDestinationName": "topic",
        "MatchingEventTypes": ["TEXT_ALL"],
    }
    assert reason(phones, Invalid, "CreateEventDestination", **named) == "MISSING_PARAMETER"
    made = phones.call("CreateEventDestination", **named, SnsDestination={"TopicArn": TOPIC})
    assert made["EventDestination"]["Enabled"] is True
    role = "arn:aws:iam::000000000000:role/logs"
    logs = {"IamRoleArn": role, "LogGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:sms"}
    phones.call("UpdateEventDestination", **named, CloudWatchLogsDestination=logs, Enabled=False)
    (found,) = phones.call("DescribeConfigurationSets")["ConfigurationSets"]
    (destination,) = found["EventDestinations"]
    assert destination.keys() >= {"CloudWatchLogsDestination"}
    assert ("SnsDestination" in destination, destination["Enabled"]) == (False, False)


def test_tags_are_put_listed_and_taken_off(phones: Phones) -> None:
    arn = phones.number(Tags=[{"Key": "team", "Value": "shop"}])["PhoneNumberArn"]
    phones.call("TagResource", ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    phones.call("UntagResource", ResourceArn=arn, TagKeys=["team"])
    assert phones.call("ListTagsForResource", ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]
    assert reason(phones, NotFound, "ListTagsForResource", ResourceArn=f"{arn}0") == ""


def test_a_sender_id_is_released_unless_it_is_protected(phones: Phones) -> None:
    named = {"SenderId": "SHOP", "IsoCountryCode": "DE"}
    phones.call("RequestSenderId", **named, DeletionProtectionEnabled=True)
    assert reason(phones, Conflict, "ReleaseSenderId", **named) == "DELETION_PROTECTION_ENABLED"
    phones.call("UpdateSenderId", **named, DeletionProtectionEnabled=False)
    phones.call("ReleaseSenderId", **named)
    assert phones.call("DescribeSenderIds")["SenderIds"] == []
    american = {"SenderId": "SHOP", "IsoCountryCode": "US"}
    assert reason(phones, Invalid, "RequestSenderId", **american) == "SENDER_ID_NOT_SUPPORTED"
