"""Which stacks there are, and what each takes from the others."""

from aws_cdk import App, Duration

from stacks.audience_sync import AudienceSyncStack
from stacks.campaign_hooks import CampaignHooksStack
from stacks.custom_channels import CustomChannelsStack
from stacks.engagement_events import EngagementEventsStack
from stacks.engine import EngineStack
from stacks.forget import ForgetStack
from stacks.project import ProjectStack
from stacks.segment_import import SegmentImportStack
from stacks.send_message import SendMessageStack
from stacks.settings import Settings
from stacks.two_way_sms import TwoWaySmsStack
from stacks.user_endpoints import UserEndpointsStack
from stacks.user_events import UserEventsStack


def build(app: App) -> None:
    """Add every pattern's stack to an app, hosted on the engine unless the context says otherwise."""
    settings = Settings.from_context(app.node)
    engine = EngineStack(
        app,
        "Engine",
        sending=settings.sending,
        allow_list=settings.allow_list,
        local_webhooks=settings.local_webhooks,
    )
    project = ProjectStack(app, "Project").project
    imports = SegmentImportStack(app, "SegmentImport", project=project)
    messages = SendMessageStack(
        app,
        "SendMessage",
        project=project,
        otp_brand_name=settings.otp_brand_name,
        otp_origination_identity=settings.otp_origination_identity,
    )
    sync = AudienceSyncStack(
        app,
        "AudienceSync",
        project=project,
        batches_per_second=settings.sync_batches_per_second,
        import_above=settings.sync_import_above,
    )
    user_events = UserEventsStack(app, "UserEvents", project=project)
    channels = CustomChannelsStack(
        app,
        "CustomChannels",
        project=project,
        webhook_url=settings.webhook_url,
        webhook_idempotency=settings.webhook_idempotency,
    )
    events = EngagementEventsStack(
        app, "EngagementEvents", project=project, callback_url=settings.callback_url
    )
    hooks = CampaignHooksStack(
        app,
        "CampaignHooks",
        project=project,
        events=events.event_stream,
        frequency_cap=settings.frequency_cap,
        frequency_window=Duration.hours(settings.frequency_window_hours),
        attributes_url=settings.attributes_url,
    )
    sms = TwoWaySmsStack(app, "TwoWaySms", project=project, opt_outs=settings.sms_opt_outs)
    users = UserEndpointsStack(app, "UserEndpoints", project=project, records_url=settings.records_url)
    hosted = settings.engine == "hosted"
    keepers = (imports, messages, sync, user_events, channels, events, hooks, sms, users)
    stores = [store for stack in keepers for store in stack.personal_stores]
    if hosted:
        stores += engine.engine.personal_stores(project)
    ForgetStack(app, "Forget", project=project, stores=stores)
    if hosted:
        engine.engine.host(app)
