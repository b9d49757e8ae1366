"""Where the API's documents are, and which private fields workers find in them.

The document of a head item is the API's response shape itself, with no key unset to null. What the
API must not show sits under `_` and is taken off by `public`:

- import job, `IMPORTS#a` / job id: `ImportJobResponse`. Created with JobStatus CREATED and the
  `plan` message; `Definition` is the request's echo, `SegmentId` included when it defines one.
  Counters beside the document (`TotalPieces`, `CompletedPieces`, `FailedPieces`, `TotalProcessed`,
  `TotalFailures`) win over members of the same name.
- segment, `SEGMENTS#a` / segment id: `SegmentResponse`. An imported segment is written by
  CreateImportJob with `_`: {"Status": "PENDING", "JobId": job}; the import worker sets Status to
  READY (and ImportDefinition.Size, ChannelCounts) or FAILED when the job ends. A dimensional
  segment has Status READY. The counters `Size` and `Channel.<type>` win over the definition's.
- segment version, `VERSIONS#a#segment id` / ten digits: the same document, all versions included.
- campaign, `CAMPAIGNS#a` / campaign id: `CampaignResponse`, State SCHEDULED, `_`: {"ActivityId"}.
  Sent in response to events it has neither `_` nor a first activity, and stands on the list
  `APP#a`/`EVENTCAMPAIGNS`: {"Ids"}; State is what its schedule says when it is asked for.
- activity, `ACTIVITIES#a#campaign id` / activity id: `ActivityResponse`, State PENDING. Counters
  `TotalEndpointCount`, `SuccessfulEndpointCount` and `Metric.<name>` (shown in ExecutionMetrics)
  win over members.
- application, `APPS` / id: `ApplicationResponse`; settings `APP#a`/`SETTINGS`:
  `ApplicationSettingsResource`; event stream `APP#a`/`EVENTSTREAM`: `EventStream`; channels
  `APP#a`/`CHANNEL#type`: `EmailChannelResponse`, `SMSChannelResponse`, `VoiceChannelResponse`.
- template, `TEMPLATE#type#name` / ten-digit version: `EmailTemplateResponse`, `SMSTemplateResponse` or
  `VoiceTemplateResponse`; `TEMPLATES` / `type#name`: the same of the active version, `_`: {"Latest": int}.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from engine import choices
from engine.context import Context
from engine.protocol.paging import read_page
from engine.store import Document, Item, Key

APPLICATIONS: Final = "APPS"
TEMPLATES: Final = "TEMPLATES"


def _sort_key(identifier: str) -> str:
    """An id from a request as a sort key; one that no resource can have finds nothing."""
    if 1 <= len(identifier.encode()) <= choices.MAX_ID_BYTES:
        return identifier
    return hashlib.sha256(identifier.encode()).hexdigest()


def application_key(application_id: str) -> Key:
    return Key(APPLICATIONS, _sort_key(application_id))


def settings_key(application_id: str) -> Key:
    return Key(f"APP#{application_id}", "SETTINGS")


def event_stream_key(application_id: str) -> Key:
    return Key(f"APP#{application_id}", "EVENTSTREAM")


def channel_key(application_id: str, channel_type: str) -> Key:
    return Key(f"APP#{application_id}", f"CHANNEL#{channel_type}")


def import_job_key(application_id: str, job_id: str) -> Key:
    return Key(f"IMPORTS#{application_id}", _sort_key(job_id))


def segment_key(application_id: str, segment_id: str) -> Key:
    return Key(f"SEGMENTS#{application_id}", _sort_key(segment_id))


def segment_version_key(application_id: str, segment_id: str, version: int) -> Key:
    return Key(f"VERSIONS#{application_id}#{_sort_key(segment_id)}", f"{version:010d}")


def campaign_key(application_id: str, campaign_id: str) -> Key:
    return Key(f"CAMPAIGNS#{application_id}", _sort_key(campaign_id))


def event_campaigns_key(application_id: str) -> Key:
    return Key(f"APP#{application_id}", "EVENTCAMPAIGNS")


def event_key(campaign_id: str, event: str) -> Key:
    """Where it is entered that a campaign was sent for an event, which is known by a digest."""
    return Key(f"EVENTS#{campaign_id}#{event[:2]}", event)


def activity_key(application_id: str, campaign_id: str, activity_id: str) -> Key:
    return Key(f"ACTIVITIES#{application_id}#{campaign_id}", _sort_key(activity_id))


def template_key(template_type: str, name: str, version: int) -> Key:
    return Key(f"TEMPLATE#{template_type}#{_sort_key(name)}", f"{version:010d}")


def active_template_key(template_type: str, name: str) -> Key:
    return Key(TEMPLATES, f"{template_type}#{_sort_key(name)}")


def public(item: Item) -> Document:
    """A head item as the API shows it: without private fields, with its counters laid over."""
    shown: Document = {name: value for name, value in item.doc.items() if name != "_"}
    metrics: dict[str, Any] = {}
    for name, value in item.counters.items():
        if name.startswith("Metric."):
            if value == 0:
                continue  # It was counted, and then counted otherwise.
            metrics[name.removeprefix("Metric.")] = str(value)
        elif name.startswith("Channel.") or name == "Size":
            _count_segment(shown, name, value)
        else:
            shown[name] = value
    if metrics:
        shown["ExecutionMetrics"] = {**shown.get("ExecutionMetrics", {}), **metrics}
    return shown


def page(context: Context, pk: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of a partition's documents, as `PageSize` and `Token` of a request ask for."""
    items, token = read_page(context.store, pk, page_size=request.get("PageSize"), token=request.get("Token"))
    return {"Item": [public(item) for item in items], "NextToken": token}


def _count_segment(shown: Document, name: str, value: int) -> None:
    definition = dict(shown.get("ImportDefinition", {}))
    if name == "Size":
        definition["Size"] = value
    else:
        counts = {**definition.get("ChannelCounts", {}), name.removeprefix("Channel."): value}
        definition["ChannelCounts"] = counts
    shown["ImportDefinition"] = definition
