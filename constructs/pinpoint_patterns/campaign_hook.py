"""A campaign hook: the function that Pinpoint asks whom of a batch it may send to."""

import json
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._bucket import private_bucket
from pinpoint_patterns._dead_letters import DeadLetterQueue, acknowledge
from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._queue_worker import counted
from pinpoint_patterns._signing_secret import signing_secret
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.event_stream import EventStream
from pinpoint_patterns.hook_filters import Audit, Deny, FetchedAttributes, FrequencyCap, HookFilter
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

AUDIT: Final = "audit/"
_FilterT = TypeVar("_FilterT", FrequencyCap, Audit)


class CampaignHook(Construct):
    """One function made of filters; a campaign has one hook, so that filters are combined in here.

    Whatever the order given, denied attributes decide first; then attributes are fetched, in the order given;
    then the cap decides, and the audit records them all.
    The function answers within its time budget: whoever could not be decided on by then is left out.

    Args:
        project: Whose campaigns may call it.
        filters: At least one; at most one cap and one audit.
        time_budget: For the filters, 1 to 10 seconds. Pinpoint drops a batch whose hook takes 15.
        encryption_key: A key for table and bucket; the services' own by default.

    Raises:
        ValueError: There is no filter, a second of a kind that is there once, or a time outside the bounds.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/segments-dynamic.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        filters: Sequence[HookFilter],
        time_budget: Duration | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if not filters:
            raise ValueError("filters must hold at least one: a hook without any would only cost time")
        self._project = project
        self._cap = _single(filters, FrequencyCap)
        self._encryption_key = encryption_key
        self.hook = PatternFunction(
            self,
            "Hook",
            handler="patterns.campaign_hooks.handler.handler",
            code=["patterns/campaign_hooks"],
            description="Decides whom of a batch a campaign may send to",
            timeout=Duration.seconds(14),
            # Half of a hook's time is a cold start's, which more memory shortens.
            memory_size=1024,
            environment={
                "BUDGET_SECONDS": str(_seconds(time_budget)),
                "DENY": json.dumps(_denied(filters)),
            },
        )
        self.places = self._add_cap(self._cap) if self._cap else None
        audit = _single(filters, Audit)
        self.audit_bucket = self._add_audit(audit) if audit else None
        self.fetch_secret = self._add_fetches(
            [each for each in filters if isinstance(each, FetchedAttributes)]
        )
        project.grant_invoke(self.hook.function)
        self.duration_alarm = self._duration_alarm()

    @property
    def function(self) -> lambda_.Function:
        """What `Hook.LambdaFunctionName` names, with mode `FILTER`, or a project's `default_hook`."""
        return self.hook.function

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people: their places of a cap, and decisions about them in the audit."""
        application_id = self._project.application_id
        stores: list[PersonalStore] = []
        if self.places:
            stores.append(
                PersonalStore.keyed(
                    f"{self.node.path}: places",
                    self.places,
                    code="patterns/campaign_hooks",
                    settings={"application_id": application_id},
                )
            )
        if bucket := self.audit_bucket:
            name, folder = f"{bucket.node.path}: audit", f"{AUDIT}{application_id}/"
            stores.append(PersonalStore.lines(name, bucket, prefix=AUDIT, folder=folder))
        return stores

    def release_unsent(self, events: EventStream) -> DeadLetterQueue:
        """Give places back when the event stream tells that a message was not sent.

        Args:
            events: The stream of the project's events.

        Returns:
            Where batches of events are named that could not be worked on.

        Raises:
            ValueError: The hook has no frequency cap.
        """
        if not self.places or not self._cap:
            raise ValueError("release_unsent needs a FrequencyCap among the filters")
        release = PatternFunction(
            self,
            "Release",
            handler="patterns.campaign_hooks.release_handler.handler",
            code=["patterns/campaign_hooks"],
            description="Frees the places of messages that were not sent",
            timeout=Duration.seconds(60),
            environment=self._cap_settings(self._cap, self.places),
        )
        self.places.grant(release.function, "dynamodb:UpdateItem")
        return events.add_consumer(release.function)

    @staticmethod
    def metrics_of_endpoints() -> list[cloudwatch.Metric]:
        """Endpoints kept, left out, and kept with a fallback, of all hooks; the sums of five minutes."""
        return [counted(name, {"Pattern": "CampaignHooks"}) for name in ("Kept", "LeftOut", "FellBack")]

    def metric_duration(self) -> cloudwatch.Metric:
        """How long the hook took, milliseconds, the maximum of five minutes."""
        return self.function.metric_duration(statistic="Maximum", period=Duration.minutes(5))

    def _add_cap(self, cap: FrequencyCap) -> dynamodb.TableV2:
        places = state_table(self, "Places", encryption_key=self._encryption_key)
        for name, value in self._cap_settings(cap, places).items():
            self.function.add_environment(name, value)
        places.grant(self.function, "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")
        return places

    def _cap_settings(self, cap: FrequencyCap, places: dynamodb.TableV2) -> dict[str, str]:
        return {
            "FREQUENCY_CAP": str(cap.max_messages),
            "FREQUENCY_WINDOW_SECONDS": str(cap.window.to_seconds()),
            "PLACES_TABLE": places.table_name,
        }

    def _add_fetches(self, fetches: Sequence[FetchedAttributes]) -> secretsmanager.ISecret | None:
        """Tell the function what to ask where. Returns the secret of those that brought none."""
        own = None
        if any(each.secret is None for each in fetches):
            own = signing_secret(self, "FetchSecret", encryption_key=self._encryption_key)
        settings: list[dict[str, Any]] = []
        for each in fetches:
            secret = each.secret or own
            if secret:
                secret.grant_read(self.function)
                settings.append({**each.setting, "secret": secret.secret_arn})
        if settings:
            self.function.add_environment("FETCHES", Stack.of(self).to_json_string(settings))
        return own

    def _add_audit(self, audit: Audit) -> s3.IBucket:
        bucket = audit.bucket or self._bucket(audit.keep)
        self.function.add_environment("AUDIT_BUCKET", bucket.bucket_name)
        objects = bucket.arn_for_objects(f"{AUDIT}*")
        self.function.add_to_role_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[objects]))
        if bucket.encryption_key:
            bucket.encryption_key.grant_encrypt(self.function)
        if self.function.role:
            acknowledge_wildcard(
                self.function.role,
                objects,
                "Each decision is an object of its own; the wildcard stays below one prefix.",
            )
        return bucket

    def _bucket(self, keep: Duration) -> s3.Bucket:
        bucket = private_bucket(
            self,
            "Audit",
            encryption_key=self._encryption_key,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=keep, noncurrent_version_expiration=Duration.days(30))
            ],
        )
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Access logs need a bucket that outlives this stack: bring one with `Audit(bucket=...)`.",
        )
        return bucket

    def _duration_alarm(self) -> cloudwatch.Alarm:
        return alarm(
            self,
            "DurationAlarm",
            self.metric_duration(),
            "The hook comes near the time at which Pinpoint drops the whole batch.",
            threshold=Duration.seconds(11).to_milliseconds(),
        )


def _single(filters: Sequence[HookFilter], kind: type[_FilterT]) -> _FilterT | None:
    found = [each for each in filters if isinstance(each, kind)]
    if len(found) > 1:
        raise ValueError(f"filters may hold one {kind.__name__}, got {len(found)}")
    return found[0] if found else None


def _denied(filters: Sequence[HookFilter]) -> dict[str, list[str]]:
    denied: dict[str, list[str]] = {}
    for each in filters:
        if isinstance(each, Deny):
            denied.setdefault(each.attribute, []).extend(each.values)
    return denied


def _seconds(time_budget: Duration | None) -> int:
    seconds = round((time_budget or Duration.seconds(8)).to_seconds())
    if not 1 <= seconds <= 10:
        raise ValueError(f"time_budget must be 1 to 10 seconds, got {seconds}")
    return seconds
