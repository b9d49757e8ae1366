"""Event campaigns in the engine's works: making them, and putting the events that set them off."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.memory import Memory
from tests.support.engine_client import pinpoint_client
from tests.support.engine_works import CUSTOM, Works, held_in_balance

ORDERED: dict[str, Any] = {"EventType": {"DimensionType": "INCLUSIVE", "Values": ["shop.order"]}}


def on_the_clock(works: Works) -> Works:
    """The same works, where what a warm function keeps grows old by the tests' clock."""
    context = replace(works.context, memory=Memory(lambda: works.world.clock().timestamp()))
    return replace(works, context=context, pinpoint=pinpoint_client(context))


def dynamic_segment(works: Works, **dimensions: Any) -> str:
    """A segment of everybody, or of those who fit."""
    answer = works.pinpoint.create_segment(
        ApplicationId=works.app, WriteSegmentRequest={"Name": "dynamic", "Dimensions": dimensions}
    )
    segment_id: str = answer["SegmentResponse"]["Id"]
    return segment_id


def event_schedule(
    dimensions: Mapping[str, Any] = ORDERED, *, filter_type: str = "ENDPOINT", **schedule: Any
) -> dict[str, Any]:
    event_filter = {"FilterType": filter_type, "Dimensions": dict(dimensions)}
    return {"StartTime": "IMMEDIATE", "Frequency": "EVENT", "EventFilter": event_filter, **schedule}


def start_event_campaign(
    works: Works, schedule: dict[str, Any] | None = None, *, segment_id: str | None = None, **write: Any
) -> str:
    """A campaign's id; by default everybody gets a custom message for every order."""
    campaign = works.start_campaign(
        segment_id or dynamic_segment(works),
        Schedule=schedule or event_schedule(),
        **({} if "MessageConfiguration" in write else CUSTOM),
        **write,
    )
    return str(campaign["Id"])


def put_events(works: Works, *endpoint_ids: str, event_id: str = "event-1", **event: Any) -> None:
    """Put one event for each endpoint, which is written with it; `Endpoint` says more of each."""
    endpoint = {"ChannelType": "CUSTOM", "OptOut": "NONE", **event.pop("Endpoint", {})}
    body = {"EventType": "shop.order", "Timestamp": "2026-11-24T12:00:00.000Z", **event}
    items = {
        name: {"Endpoint": {"Address": name, **endpoint}, "Events": {event_id: body}} for name in endpoint_ids
    }
    answer = works.pinpoint.put_events(ApplicationId=works.app, EventsRequest={"BatchItem": items})
    for result in answer["EventsResponse"]["Results"].values():
        assert result["EndpointItemResponse"]["StatusCode"] == 202
        assert [item["StatusCode"] for item in result["EventsItemResponse"].values()] == [202]


def activities(works: Works, campaign_id: str) -> list[dict[str, Any]]:
    """The campaign's runs, all in balance."""
    answer = works.pinpoint.get_campaign_activities(ApplicationId=works.app, CampaignId=campaign_id)
    found: list[dict[str, Any]] = answer["ActivitiesResponse"]["Item"]
    for activity in found:
        assert held_in_balance(activity)
    return found


def counted(works: Works, campaign_id: str) -> dict[str, int]:
    """What became of everybody, over all runs of a campaign."""
    sums: dict[str, int] = {}
    for activity in activities(works, campaign_id):
        for name, value in activity.get("ExecutionMetrics", {}).items():
            sums[name] = sums.get(name, 0) + int(value)
    return sums


def status(works: Works, campaign_id: str) -> str:
    found = works.pinpoint.get_campaign(ApplicationId=works.app, CampaignId=campaign_id)
    return str(found["CampaignResponse"]["State"]["CampaignStatus"])
