"""Text messages: who may send what, under IAM."""

import json
import urllib.request
from typing import Any

import pytest
from botocore.config import Config

from tests.support.embedded_aws import EmbeddedAws, allow
from tests.support.sms import as_role, handset, new_number, refusal, sms_client

pytestmark = pytest.mark.e2e


def test_one_who_may_send_from_a_number_may_not_from_another(aws: EmbeddedAws, sms: Any) -> None:
    mine, other = new_number(sms), new_number(sms)
    sender = as_role(aws, "one-number", [allow("sms-voice:SendTextMessage", on=mine["PhoneNumberArn"])])
    text = {"DestinationPhoneNumber": "+14255550102", "MessageBody": "Hello"}
    assert sender.send_text_message(OriginationIdentity=mine["PhoneNumber"], **text)["MessageId"]
    for call, request in (
        (sender.send_text_message, {**text, "OriginationIdentity": other["PhoneNumber"]}),
        (sender.send_text_message, text),
        (sender.send_voice_message, {**text, "OriginationIdentity": mine["PhoneNumberId"]}),
        (sender.describe_phone_numbers, {}),
    ):
        assert refusal(call, **request)["Error"]["Code"] == "AccessDeniedException"


def test_a_permission_may_hang_on_the_tags_of_a_number(aws: EmbeddedAws, sms: Any) -> None:
    mine = new_number(sms, Tags=[{"Key": "team", "Value": "shop"}])
    other = new_number(sms, Tags=[{"Key": "team", "Value": "bank"}])
    tagged = {
        **allow("sms-voice:SendTextMessage"),
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "shop"}},
    }
    sender = as_role(aws, "team-shop", [tagged])
    text = {"DestinationPhoneNumber": "+14255550114", "MessageBody": "Hello"}
    assert sender.send_text_message(OriginationIdentity=mine["PhoneNumberId"], **text)["MessageId"]
    answer = refusal(sender.send_text_message, OriginationIdentity=other["PhoneNumberId"], **text)
    assert answer["Error"]["Code"] == "AccessDeniedException"


def test_a_number_that_is_not_active_sends_nothing(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    change = {"number": number["PhoneNumber"], "status": "PENDING"}
    request = urllib.request.Request(
        f"{aws.endpoint}/_ministack/sms-voice/numbers", json.dumps(change).encode(), method="PUT"
    )
    urllib.request.urlopen(request, timeout=10).close()
    answer = refusal(
        sms.send_text_message,
        DestinationPhoneNumber="+14255550115",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
    )
    assert (answer["Reason"], answer["ResourceType"]) == ("RESOURCE_NOT_ACTIVE", "phone-number")


def test_more_than_a_number_may_send_is_throttled(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms, NumberType="TEN_DLC")
    text = {"DestinationPhoneNumber": "+14255550116", "OriginationIdentity": number["PhoneNumberId"]}
    sms.send_text_message(MessageBody="a" * 1600, **text)
    once = sms_client(aws, config=Config(retries={"total_max_attempts": 1}))
    answer = refusal(once.send_text_message, MessageBody="Hello", **text)
    assert answer["Error"]["Code"] == "ThrottlingException"


def test_an_opted_out_destination_is_refused_in_the_models_words(aws: EmbeddedAws, sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="marketing")
    number = new_number(sms, OptOutListName="marketing")
    sms.put_opted_out_number(OptOutListName="marketing", OptedOutNumber="+14255550103")
    answer = refusal(
        sms.send_text_message,
        DestinationPhoneNumber="+14255550103",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
    )
    assert answer["Error"]["Code"] == "ConflictException"
    assert answer["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    assert handset(aws, "+14255550103") == []


def test_a_dry_run_is_answered_and_sends_nothing(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    answer = sms.send_text_message(
        DestinationPhoneNumber="+14255550104",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
        DryRun=True,
    )
    assert answer["MessageId"]
    assert handset(aws, "+14255550104") == []


def test_a_caller_that_nobody_knows_is_told_so(aws: EmbeddedAws) -> None:
    stranger = sms_client(aws, aws_access_key_id="AKIASTRANGERSTRANGER")
    answer = refusal(stranger.describe_pools)
    assert answer["Error"]["Code"] in ("InvalidClientTokenId", "UnrecognizedClientException")


def test_an_operation_that_is_not_served_says_so_by_its_name(sms: Any) -> None:
    answer = refusal(sms.describe_spend_limits)
    assert answer["Reason"] == "UNKNOWN_OPERATION"
    assert "DescribeSpendLimits is not served" in answer["Error"]["Message"]
