"""What IAM is asked about a request."""

from typing import Any

import pytest

from embedded.sms_voice.authority import questions
from tests.support.phones import Phones

PREFIX = "arn:aws:sms-voice:us-east-1:000000000000:"


def asked(phones: Phones, operation: str, **request: Any) -> list[tuple[str, str]]:
    return [
        (question.action, question.resource.removeprefix(PREFIX))
        for question in questions(operation, request, phones.account)
    ]


@pytest.mark.parametrize(
    ("operation", "request_", "resources"),
    [
        ("CreateOptOutList", {"OptOutListName": "quiet"}, ["*"]),
        ("PutOptedOutNumber", {"OptOutListName": "quiet", "OptedOutNumber": "+1"}, ["opt-out-list/quiet"]),
        ("DescribePools", {}, ["*"]),
        ("DescribePools", {"PoolIds": ["pool-1", "pool-2"]}, ["pool/pool-1", "pool/pool-2"]),
        ("UpdatePool", {"PoolId": "pool-1", "OptOutListName": "quiet"}, ["pool/pool-1"]),
        ("PutKeyword", {"OriginationIdentity": "pool-1"}, ["pool/pool-1"]),
        ("PutKeyword", {"OriginationIdentity": f"{PREFIX}phone-number/phone-1"}, ["phone-number/phone-1"]),
        (
            "AssociateOriginationIdentity",
            {"PoolId": "pool-1", "OriginationIdentity": "SHOP", "IsoCountryCode": "DE"},
            ["pool/pool-1", "sender-id/SHOP/DE"],
        ),
        ("ReleaseSenderId", {"SenderId": "SHOP", "IsoCountryCode": "DE"}, ["sender-id/SHOP/DE"]),
        ("CreateEventDestination", {"ConfigurationSetName": "set"}, ["configuration-set/set"]),
        ("TagResource", {"ResourceArn": f"{PREFIX}pool/pool-1", "Tags": []}, ["pool/pool-1"]),
        ("SendTextMessage", {"DestinationPhoneNumber": "+14255550100"}, ["*"]),
        (
            "SendTextMessage",
            {"DestinationPhoneNumber": "+14255550100", "OriginationIdentity": "pool-1"},
            ["pool/pool-1"],
        ),
    ],
)
def test_an_operation_is_on_the_resources_that_it_names(
    phones: Phones, operation: str, request_: dict[str, Any], resources: list[str]
) -> None:
    expected = [(f"sms-voice:{operation}", resource) for resource in resources]
    assert asked(phones, operation, **request_) == expected


@pytest.mark.parametrize("name", ["PhoneNumber", "PhoneNumberId", "PhoneNumberArn"])
def test_however_a_number_is_named_it_is_the_same_resource(phones: Phones, name: str) -> None:
    number = phones.number()
    request = {"DestinationPhoneNumber": "+14255550100", "OriginationIdentity": number[name]}
    resource = f"phone-number/{number['PhoneNumberId']}"
    assert asked(phones, "SendTextMessage", **request) == [("sms-voice:SendTextMessage", resource)]


def test_what_is_made_with_tags_needs_tagging_too(phones: Phones) -> None:
    tags = [{"Key": "team", "Value": "shop"}]
    request = {"ConfigurationSetName": "set", "Tags": tags}
    assert ("sms-voice:TagResource", "*") in asked(phones, "CreateConfigurationSet", **request)


def test_a_role_that_is_handed_over_has_to_be_passed(phones: Phones) -> None:
    role = "arn:aws:iam::000000000000:role/logs"
    logs = {"IamRoleArn": role, "LogGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:sms"}
    request = {"ConfigurationSetName": "set", "CloudWatchLogsDestination": logs}
    assert ("iam:PassRole", role) in asked(phones, "CreateEventDestination", **request)
