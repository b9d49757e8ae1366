"""The constructs by name: a template of each, and the tests that speak of it."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from types import ModuleType
from typing import Any

from aws_cdk.assertions import Template

from tests.infra import (
    test_audience_sync,
    test_callback_sender,
    test_campaign_hook,
    test_custom_channel,
    test_delivery_webhook,
    test_engagement_events,
    test_event_archive,
    test_event_ingest,
    test_event_stream,
    test_hook_fetches,
    test_import_bucket,
    test_message_sender,
    test_message_templates,
    test_offer_channel,
    test_one_time_passwords,
    test_person_eraser,
    test_project,
    test_then_send,
    test_two_way_sms,
    test_user_endpoints,
)
from tests.infra.engine import test_engine, test_engine_grants
from tests.infra.hosting import test_hosted_stack
from tests.support.templates import engine_template

Assertion = Callable[[Template], None]


@dataclass(frozen=True)
class Subject:
    """A construct with its tests.

    Attributes:
        build: Makes the template.
        modules: Where the tests are.
        fixture: What the tests call the template.
        own: How the logical ids begin of what the tests are about.
    """

    build: Callable[[], Template]
    modules: tuple[ModuleType, ...]
    fixture: str = "template"
    own: str | tuple[str, ...] = ""

    @cached_property
    def template(self) -> Template:
        return self.build()

    def assertions(self) -> Iterator[Assertion]:
        """The tests that ask nothing but the template, once for each set of their parameters."""
        for module in self.modules:
            yield from assertions(module, self.fixture)


def assertions(module: ModuleType, fixture: str = "template") -> Iterator[Assertion]:
    """The tests of a module that ask nothing but a template, once for each set of their parameters."""
    for name, test in vars(module).items():
        if not name.startswith("test_") or not inspect.isfunction(test):
            continue
        names, values = _parameters(test)
        if set(inspect.signature(test).parameters) == {fixture, *names}:
            for given in values:
                yield partial(_ask, test, fixture, dict(zip(names, given, strict=True)))


def _ask(test: Callable[..., None], fixture: str, given: dict[str, Any], template: Template) -> None:
    test(**{fixture: template}, **given)


def _parameters(test: Callable[..., None]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    if not marks:
        return (), [()]
    (mark,) = marks
    names, values = mark.args
    if isinstance(names, str):
        return (names,), [(value,) for value in values]
    return tuple(names), list(values)


SUBJECTS = {
    "project": Subject(test_project.with_everything, (test_project,)),
    "import bucket": Subject(test_import_bucket.importing, (test_import_bucket,)),
    "then send": Subject(test_then_send.sending, (test_then_send,), "sends", own="ImportSends"),
    "event stream": Subject(test_event_stream.with_consumer, (test_event_stream,)),
    "event archive": Subject(
        test_event_archive.archived, (test_event_archive,), own=("StreamArchive", "AnalystRole")
    ),
    "event ingest": Subject(
        test_event_ingest.ingest_template,
        (test_event_ingest,),
        "ingest",
        own=("Ingest", "Producer"),
    ),
    "callback sender": Subject(
        test_callback_sender.with_producer, (test_callback_sender,), own=("Callbacks", "Producer")
    ),
    "engagement events": Subject(
        test_engagement_events.with_url,
        (test_engagement_events,),
        own=("EventsConsumer", "EventsMalformed"),
    ),
    "user endpoints": Subject(
        test_user_endpoints.with_callers,
        (test_user_endpoints,),
        own=("UsersApi", "UsersPublic", "UsersTable", "UsersLinks", "UsersFront", "Reader", "Changer"),
    ),
    "webhook channel": Subject(test_custom_channel.webhook_template, (test_custom_channel,), "webhook"),
    "inbox channel": Subject(test_custom_channel.inbox_template, (test_custom_channel,), "inbox"),
    "offer channel": Subject(test_offer_channel.offer_template, (test_offer_channel,), "offers"),
    "delivery webhook": Subject(
        test_delivery_webhook.fronted,
        (test_delivery_webhook,),
        own="ChannelDeliveryWebhook",
    ),
    "hook that fetches": Subject(test_hook_fetches.with_fetches, (test_hook_fetches,), own="Hook"),
    "campaign hook": Subject(test_campaign_hook.with_cap_and_audit, (test_campaign_hook,), own="Cap"),
    "message sender": Subject(
        test_message_sender.sender_template, (test_message_sender,), "sender", own="Sender"
    ),
    "message templates": Subject(test_message_templates.templates, (test_message_templates,)),
    "one-time passwords": Subject(
        test_one_time_passwords.passwords_template, (test_one_time_passwords,), "passwords", own="Passwords"
    ),
    "person eraser": Subject(
        test_person_eraser.eraser_template, (test_person_eraser,), "eraser", own=("Forget", "Officer")
    ),
    "two-way topic": Subject(test_two_way_sms.two_way_template, (test_two_way_sms,), own="Sms"),
    "audience sync": Subject(test_audience_sync.sync_template, (test_audience_sync,), "sync", own="Sync"),
    "engine": Subject(engine_template, (test_engine_grants, test_engine), "engine"),
    "hosted stack": Subject(test_hosted_stack.hosted, (test_hosted_stack,)),
}
