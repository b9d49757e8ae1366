"""Which stacks there are, and what each takes from the others."""

from aws_cdk import App

from stacks.engagement_events import EngagementEventsStack
from stacks.engine import EngineStack
from stacks.project import ProjectStack
from stacks.segment_import import SegmentImportStack
from stacks.settings import Settings


def build(app: App) -> None:
    """Add every pattern's stack to an app, hosted on the engine unless the context says otherwise."""
    settings = Settings.from_context(app.node)
    engine = EngineStack(app, "Engine", sending=settings.sending, allow_list=settings.allow_list)
    project = ProjectStack(app, "Project").project
    SegmentImportStack(app, "SegmentImport", project=project)
    EngagementEventsStack(app, "EngagementEvents", project=project, callback_url=settings.callback_url)
    if settings.engine == "hosted":
        host = getattr(engine.engine, "host", None)
        if host:
            host(app)
