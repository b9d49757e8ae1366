"""The steps that send to an imported segment, against a table as moto has it and a Pinpoint with a memory."""

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from patterns.segment_import.campaigns import campaign_name, refusal
from patterns.segment_import.source import Source
from tests.support.lambda_context import LambdaContext
from tests.support.turns import create_turns_table

CAMPAIGN = {
    "Schedule": {"StartTime": "IMMEDIATE"},
    "TemplateConfiguration": {"EmailTemplate": {"Name": "news"}},
}


class Campaigns:
    """A Pinpoint that starts campaigns, and may lose an answer or refuse."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.loses_answer = False
        self.refuses: str | None = None

    def create_campaign(self, **request: Any) -> dict[str, Any]:
        if self.refuses:
            error = {"Error": {"Code": self.refuses, "Message": "no template has the name 'news'"}}
            raise ClientError(error, "CreateCampaign")
        campaign = {
            **request["WriteCampaignRequest"],
            "Id": f"c{len(self.made)}",
            "State": {"CampaignStatus": "SCHEDULED"},
        }
        self.made.append(campaign)
        if self.loses_answer:
            self.loses_answer = False
            raise TimeoutError
        return {"CampaignResponse": campaign}

    def get_campaigns(self, **request: Any) -> dict[str, Any]:
        start = int(request.get("Token", 0))
        found: dict[str, Any] = {"Item": self.made[start : start + 1]}
        if start + 1 < len(self.made):
            found["NextToken"] = str(start + 1)
        return {"CampaignsResponse": found}

    def get_campaign(self, **request: Any) -> dict[str, Any]:
        for campaign in self.made:
            if campaign["Id"] == request["CampaignId"]:
                return {"CampaignResponse": campaign}
        raise ClientError({"Error": {"Code": "NotFoundException", "Message": "gone"}}, "GetCampaign")

    def end(self, campaign_id: str) -> None:
        for campaign in self.made:
            if campaign["Id"] == campaign_id:
                campaign["State"] = {"CampaignStatus": "COMPLETED"}


@pytest.fixture
def pinpoint() -> Campaigns:
    return Campaigns()


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch, pinpoint: Campaigns) -> Iterator[ModuleType]:
    """The module as a cold start would load it."""
    with mock_aws():
        for name, value in {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "APPLICATION_ID": "a" * 32,
            "LEDGER_TABLE": "ledger",
            "TURNS_TABLE": "turns",
            "AT_ONCE": "1",
            "AT_MOST_BAD": "0.05",
            "CAMPAIGN_NAME": "import",
            "CAMPAIGN": json.dumps(CAMPAIGN),
        }.items():
            monkeypatch.setenv(name, value)
        dynamodb = boto3.client("dynamodb")
        create_turns_table(dynamodb)
        dynamodb.create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sys.modules.pop("patterns.segment_import.sends", None)
        module = importlib.import_module("patterns.segment_import.sends")
        vars(module)["_CREATING"] = vars(module)["_READING"] = pinpoint
        yield module


def imported(name: str = "vip", /, **wrong: int) -> dict[str, Any]:
    """The state after the import of a file of a hundred rows."""
    counts = {"rows": 100, "quarantined": 0, "processed": 100, "failures": 0} | wrong
    return {
        "arrived": "2026-11-25T00:00:00Z",
        "object": {
            "bucket": "files",
            "key": f"sends/{name}/file.csv",
            "version_id": "v1",
            "sequencer": "1",
            "size": 9,
        },
        "check": {"rows": counts["rows"], "quarantined": counts["quarantined"], "segment": name},
        "job": {
            "id": "j1",
            "segment_id": f"segment-{name}",
            "processed": counts["processed"],
            "failures": counts["failures"],
        },
    }


def step(sends: ModuleType, name: str, state: dict[str, Any]) -> dict[str, Any]:
    """Run a step as the state machine would; its answer."""
    state["send"] = getattr(sends, name)(state, LambdaContext())
    answer: dict[str, Any] = state["send"]
    return answer


def started(sends: ModuleType, state: dict[str, Any]) -> dict[str, Any]:
    assert step(sends, "take_turn", state)["outcome"] == "TURN"
    return step(sends, "start", state)


def test_a_campaign_starts_at_once_on_the_new_segment(sends: ModuleType, pinpoint: Campaigns) -> None:
    answer = started(sends, imported())
    (campaign,) = pinpoint.made
    assert (answer["outcome"], answer["campaign_id"]) == ("STARTED", campaign["Id"])
    assert campaign["SegmentId"] == "segment-vip"
    assert campaign["Schedule"] == {"StartTime": "IMMEDIATE"}
    assert campaign["TemplateConfiguration"] == CAMPAIGN["TemplateConfiguration"]
    assert campaign["Name"] == answer["campaign_name"]


def test_a_start_whose_answer_was_lost_adopts_its_campaign_and_makes_no_second(
    sends: ModuleType, pinpoint: Campaigns
) -> None:
    started(sends, imported("other"))
    step(sends, "watch", {**imported("other"), "send": {"campaign_id": "gone", "looks": 0}})
    pinpoint.loses_answer = True
    state = imported()
    step(sends, "take_turn", state)
    with pytest.raises(TimeoutError):
        sends.start(state, LambdaContext())
    assert step(sends, "start", state)["campaign_id"] == "c1"
    assert len(pinpoint.made) == 2


def test_a_start_that_failed_before_the_campaign_was_made_makes_it_when_it_is_repeated(
    sends: ModuleType, pinpoint: Campaigns
) -> None:
    state = imported()
    step(sends, "take_turn", state)
    pinpoint.refuses = "TooManyRequestsException"
    with pytest.raises(ClientError):
        sends.start(state, LambdaContext())
    pinpoint.refuses = None
    assert step(sends, "start", state)["outcome"] == "STARTED"
    assert len(pinpoint.made) == 1


def test_a_start_is_not_given_up_while_the_api_may_still_make_the_campaign(sends: ModuleType) -> None:
    sys.modules.pop("patterns.segment_import.sends")
    creating = importlib.import_module("patterns.segment_import.sends")._CREATING.meta.config
    # API Gateway's limit, and that of the function behind it.
    assert creating.read_timeout > 29
    assert creating.retries["total_max_attempts"] == 1


def test_a_campaign_that_pinpoint_refuses_is_told_and_leaves_its_turn(
    sends: ModuleType, pinpoint: Campaigns
) -> None:
    pinpoint.refuses = "NotFoundException"
    answer = started(sends, imported())
    assert (answer["outcome"], answer["reason"]) == ("FAILED", "campaign_refused")
    assert "no template" in answer["detail"]
    assert step(sends, "take_turn", imported("next"))["outcome"] == "TURN"


def test_a_second_file_waits_longer_and_longer_until_the_first_campaign_has_ended(
    sends: ModuleType, pinpoint: Campaigns
) -> None:
    first, second = imported("first"), imported("second")
    started(sends, first)
    waits = [step(sends, "take_turn", second)["wait_seconds"] for _ in range(3)]
    assert (waits, second["send"]["outcome"]) == ([1, 2, 3], "WAIT")
    assert step(sends, "watch", first)["ended"] is False
    pinpoint.end("c0")
    assert step(sends, "watch", first)["ended"] is True
    assert started(sends, second)["outcome"] == "STARTED"


def test_a_campaign_that_was_deleted_has_ended(sends: ModuleType, pinpoint: Campaigns) -> None:
    state = imported()
    started(sends, state)
    pinpoint.made.clear()
    assert step(sends, "watch", state)["ended"] is True
    assert step(sends, "take_turn", imported("next"))["outcome"] == "TURN"


def test_who_lost_the_turn_before_the_start_goes_back_into_the_line(
    sends: ModuleType, pinpoint: Campaigns
) -> None:
    state = imported()
    step(sends, "take_turn", state)
    boto3.client("dynamodb").delete_item(TableName="turns", Key={"pk": {"S": "seat"}, "sk": {"S": "0"}})
    assert step(sends, "start", state)["outcome"] == "WAIT"
    assert pinpoint.made == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"quarantined": 6}, "too_many_bad_rows"),
        ({"quarantined": 3, "processed": 97, "failures": 3}, "too_many_bad_rows"),
        ({"rows": 4, "processed": 4, "failures": 4}, "no_good_row"),
        ({"rows": 1, "processed": 0}, "no_good_row"),
    ],
)
def test_a_file_that_is_too_bad_is_not_sent_to(
    sends: ModuleType, pinpoint: Campaigns, wrong: dict[str, int], reason: str
) -> None:
    answer = step(sends, "take_turn", imported(**wrong))
    assert (answer["outcome"], answer["reason"]) == ("NOT_SENT", reason)
    assert step(sends, "take_turn", imported("next"))["outcome"] == "TURN"


def test_bad_rows_up_to_the_share_do_no_harm() -> None:
    assert refusal(imported(quarantined=3, processed=97, failures=2), 0.05) is None
    assert refusal(imported(quarantined=100, processed=1), 1) is None


def test_a_line_and_a_campaign_that_never_end_are_given_up(sends: ModuleType) -> None:
    first, second = imported("first"), imported("second")
    started(sends, first)
    second["send"] = {"asked": 900}
    with pytest.raises(sends.TurnTooLate):
        sends.take_turn(second, LambdaContext())
    first["send"]["looks"] = 900
    with pytest.raises(sends.CampaignTooSlow):
        sends.watch(first, LambdaContext())


def test_a_campaigns_name_is_the_files_own_and_fits(sends: ModuleType) -> None:
    long = Source.from_state(imported("a-very-long-name-of-a-segment-" * 3))
    names = {
        campaign_name("import", source)
        for source in (long, Source.from_state(imported()), Source.from_state(imported("vip2")))
    }
    assert len(names) == 3
    assert max(map(len, names)) == 64
    assert campaign_name("import", long).endswith(long.mark)
