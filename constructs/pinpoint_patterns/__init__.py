"""Amazon Pinpoint's integration patterns as AWS CDK constructs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pinpoint_patterns.audience_sync import AudienceSync as AudienceSync
    from pinpoint_patterns.callback_sender import CallbackSender as CallbackSender
    from pinpoint_patterns.campaign_hook import CampaignHook as CampaignHook
    from pinpoint_patterns.custom_channel import CustomChannel as CustomChannel
    from pinpoint_patterns.dashboard import PatternDashboard as PatternDashboard
    from pinpoint_patterns.delivery_webhook import DeliveryWebhook as DeliveryWebhook
    from pinpoint_patterns.engagement_events import EngagementEvents as EngagementEvents
    from pinpoint_patterns.engine import PinpointEngine as PinpointEngine
    from pinpoint_patterns.event_archive import EventArchive as EventArchive
    from pinpoint_patterns.event_ingest import EventIngest as EventIngest
    from pinpoint_patterns.event_stream import EventStream as EventStream
    from pinpoint_patterns.hook_filters import Audit as Audit
    from pinpoint_patterns.hook_filters import Deny as Deny
    from pinpoint_patterns.hook_filters import ExternalTemplate as ExternalTemplate
    from pinpoint_patterns.hook_filters import FetchedAttributes as FetchedAttributes
    from pinpoint_patterns.hook_filters import FrequencyCap as FrequencyCap
    from pinpoint_patterns.import_bucket import ImportBucket as ImportBucket
    from pinpoint_patterns.inbox_channel import InboxChannel as InboxChannel
    from pinpoint_patterns.message_sender import MessageSender as MessageSender
    from pinpoint_patterns.message_templates import EmailTemplate as EmailTemplate
    from pinpoint_patterns.message_templates import SmsTemplate as SmsTemplate
    from pinpoint_patterns.offer_channel import OfferChannel as OfferChannel
    from pinpoint_patterns.offer_channel import OfferSet as OfferSet
    from pinpoint_patterns.one_time_passwords import OneTimePasswords as OneTimePasswords
    from pinpoint_patterns.person_eraser import PersonEraser as PersonEraser
    from pinpoint_patterns.personal_store import PersonalStore as PersonalStore
    from pinpoint_patterns.project import EmailChannel as EmailChannel
    from pinpoint_patterns.project import IPinpointProject as IPinpointProject
    from pinpoint_patterns.project import Limits as Limits
    from pinpoint_patterns.project import PinpointProject as PinpointProject
    from pinpoint_patterns.project import QuietTime as QuietTime
    from pinpoint_patterns.project import SmsChannel as SmsChannel
    from pinpoint_patterns.project import VoiceChannel as VoiceChannel
    from pinpoint_patterns.sms_conversations import SmsConversations as SmsConversations
    from pinpoint_patterns.sms_conversations import SmsTexts as SmsTexts
    from pinpoint_patterns.sms_responders import FunctionResponder as FunctionResponder
    from pinpoint_patterns.sms_responders import KeywordResponder as KeywordResponder
    from pinpoint_patterns.sms_responders import ModuleResponder as ModuleResponder
    from pinpoint_patterns.then_send import ByCustomChannel as ByCustomChannel
    from pinpoint_patterns.then_send import ByEmail as ByEmail
    from pinpoint_patterns.then_send import BySms as BySms
    from pinpoint_patterns.then_send import ThenSend as ThenSend
    from pinpoint_patterns.two_way_sms import TwoWaySmsTopic as TwoWaySmsTopic
    from pinpoint_patterns.user_endpoints import Preference as Preference
    from pinpoint_patterns.user_endpoints import UserEndpoints as UserEndpoints
    from pinpoint_patterns.webhook_channel import WebhookChannel as WebhookChannel

# Loaded on first use: each service module of the CDK that is not imported saves synth time.
_MODULES: Final = {
    "AudienceSync": "audience_sync",
    "Audit": "hook_filters",
    "ByCustomChannel": "then_send",
    "ByEmail": "then_send",
    "BySms": "then_send",
    "CallbackSender": "callback_sender",
    "CampaignHook": "campaign_hook",
    "CustomChannel": "custom_channel",
    "DeliveryWebhook": "delivery_webhook",
    "Deny": "hook_filters",
    "EmailChannel": "project",
    "EmailTemplate": "message_templates",
    "EngagementEvents": "engagement_events",
    "EventArchive": "event_archive",
    "EventIngest": "event_ingest",
    "EventStream": "event_stream",
    "ExternalTemplate": "hook_filters",
    "FetchedAttributes": "hook_filters",
    "FrequencyCap": "hook_filters",
    "FunctionResponder": "sms_responders",
    "IPinpointProject": "project",
    "ImportBucket": "import_bucket",
    "InboxChannel": "inbox_channel",
    "KeywordResponder": "sms_responders",
    "Limits": "project",
    "MessageSender": "message_sender",
    "ModuleResponder": "sms_responders",
    "OneTimePasswords": "one_time_passwords",
    "OfferChannel": "offer_channel",
    "OfferSet": "offer_channel",
    "PatternDashboard": "dashboard",
    "PersonEraser": "person_eraser",
    "PersonalStore": "personal_store",
    "PinpointEngine": "engine",
    "PinpointProject": "project",
    "Preference": "user_endpoints",
    "QuietTime": "project",
    "SmsChannel": "project",
    "SmsConversations": "sms_conversations",
    "SmsTemplate": "message_templates",
    "SmsTexts": "sms_conversations",
    "ThenSend": "then_send",
    "TwoWaySmsTopic": "two_way_sms",
    "UserEndpoints": "user_endpoints",
    "VoiceChannel": "project",
    "WebhookChannel": "webhook_channel",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
