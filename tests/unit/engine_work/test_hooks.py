"""The campaign hook in the delivery of a batch: what it sees, what it may change, and how it fails."""

from typing import Any

import pytest

from engine.store import Key, Put
from tests.support.engine_works import Works, inboxes

HOOK = {"Hook": {"LambdaFunctionName": "hook", "Mode": "FILTER"}}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.functions.time.sleep", lambda _: None)


def test_a_hook_sees_the_documented_event_and_may_leave_out_and_change(works: Works) -> None:
    def hook(event: dict[str, Any]) -> dict[str, Any]:
        kept = {name: e for name, e in event["Endpoints"].items() if name != "id-1"}
        for endpoint in kept.values():
            endpoint.setdefault("Attributes", {})["Offer"] = ["half price"]
        return kept

    works.functions.named["hook"] = hook
    activity = works.send_campaign(inboxes(works), **HOOK)
    event = next(event for name, event in works.functions.calls if name == "hook")
    assert set(event) == {
        "MessageConfiguration",
        "ApplicationId",
        "CampaignId",
        "TreatmentId",
        "ActivityId",
        "ScheduledTime",
        "Endpoints",
    }
    assert event["MessageConfiguration"] == {"CustomMessage": {"Data": "hello"}}
    assert sorted(works.functions.seen_by("channel")) == ["id-0", "id-2"]
    sent = [e for name, e in works.functions.calls if name == "channel"]
    assert all(
        endpoint["Attributes"] == {"Offer": ["half price"]}
        for event in sent
        for endpoint in event["Endpoints"].values()
    )
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "2", "NotSent.HOOK": "1"}
    stored = works.pinpoint.get_endpoint(ApplicationId=works.app, EndpointId="id-0")["EndpointResponse"]
    assert "Attributes" not in stored


@pytest.mark.parametrize(
    "answer",
    [b"rubbish", b"[1]", b'{"id-0": 7}', b'{"id-0": {"Attributes": {"Offer": "text"}}}', b"null"],
)
def test_a_hook_that_returns_rubbish_sends_to_nobody(works: Works, answer: bytes) -> None:
    works.functions.named["hook"] = lambda _: answer
    activity = works.send_campaign(inboxes(works, 1), **HOOK)
    assert works.functions.seen_by("channel") == []
    assert activity["ExecutionMetrics"] == {"Status.HOOK_FAILURE": "1"}
    assert works.statuses() == {"id-0": "HOOK_FAILURE"}


def test_a_hook_has_three_attempts(works: Works) -> None:
    answers = iter([RuntimeError("first"), RuntimeError("second")])

    def hook(event: dict[str, Any]) -> Any:
        for error in answers:
            raise error
        return event["Endpoints"]

    works.functions.named["hook"] = hook
    works.send_campaign(inboxes(works, 1), **HOOK)
    assert works.statuses() == {"id-0": "SUCCESS"}
    assert works.functions.seen_by("hook") == ["id-0"] * 3


def test_a_hook_that_answers_too_late_sends_to_nobody(works: Works) -> None:
    from botocore.exceptions import ReadTimeoutError

    def late(event: dict[str, Any]) -> Any:
        raise ReadTimeoutError(endpoint_url="https://lambda")

    original = works.functions.invoke

    def invoke(**request: Any) -> Any:
        if request["FunctionName"] == "hook":
            late({})
        return original(**request)

    works.functions.invoke = invoke  # type: ignore[method-assign]
    works.send_campaign(inboxes(works, 1), **HOOK)
    assert works.statuses() == {"id-0": "HOOK_FAILURE"}


def test_ids_that_a_hook_was_not_given_are_ignored(works: Works) -> None:
    works.functions.named["hook"] = lambda event: {
        **event["Endpoints"],
        "stranger": {"ChannelType": "CUSTOM", "Address": "elsewhere"},
    }
    works.send_campaign(inboxes(works, 1), **HOOK)
    assert works.functions.seen_by("channel") == ["id-0"]


def test_a_hook_cannot_change_where_a_message_goes(works: Works) -> None:
    works.functions.named["hook"] = lambda event: {
        name: endpoint | {"Address": "elsewhere"} for name, endpoint in event["Endpoints"].items()
    }
    works.send_campaign(inboxes(works, 1), **HOOK)
    ((_, event),) = [call for call in works.functions.calls if call[0] == "channel"]
    assert event["Endpoints"]["id-0"]["Address"] == "inbox-0"


def test_the_project_s_hook_serves_campaigns_without_their_own(works: Works) -> None:
    works.functions.named["hook"] = lambda _: {}
    works.pinpoint.update_application_settings(
        ApplicationId=works.app,
        WriteApplicationSettingsRequest={"CampaignHook": {"LambdaFunctionName": "hook", "Mode": "FILTER"}},
    )
    activity = works.send_campaign(inboxes(works, 1))
    assert activity["ExecutionMetrics"] == {"NotSent.HOOK": "1"}


@pytest.mark.parametrize("theirs", [True, False])
def test_a_grant_admits_the_campaigns_it_names_and_no_others(works: Works, theirs: bool) -> None:
    works.functions.named["hook"] = lambda event: event["Endpoints"]
    app = works.app if theirs else "f" * 32
    arn = f"arn:aws:mobiletargeting:us-east-1:123456789012:apps/{app}/campaigns/*"
    works.context.store.put(
        Put(Key("GRANT#hook", "one"), {"FunctionArn": "hook", "SourceArn": [arn], "SourceAccount": ""})
    )
    works.send_campaign(inboxes(works, 1), **HOOK)
    assert works.statuses() == {"id-0": "SUCCESS" if theirs else "HOOK_FAILURE"}
    assert bool(works.functions.seen_by("hook")) == theirs
