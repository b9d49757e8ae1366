"""A Pinpoint project, new or existing, and the permissions that others need on it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal, cast

from aws_cdk import RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pinpoint as pinpoint
from constructs import Construct

from pinpoint_patterns._findings import acknowledge_end_of_service, acknowledge_wildcard
from pinpoint_patterns._operations import operation

_HOURS: Final = range(24)
_MINUTES: Final = range(60)


@dataclass(frozen=True)
class EmailChannel:
    """From whom a project's e-mail comes.

    Attributes:
        from_address: The sender, with or without a display name.
        identity: The ARN of the verified SES identity that covers it.
        configuration_set: The name of an SES configuration set.
    """

    from_address: str
    identity: str
    configuration_set: str | None = None


@dataclass(frozen=True)
class SmsChannel:
    """From whom a project's text messages come where a message does not say.

    Attributes:
        sender_id: 1 to 11 letters, digits, `-` or `_`, as far as the recipient's country allows one.
        short_code: A phone number or short code of the account; it goes before `sender_id`.
    """

    sender_id: str | None = None
    short_code: str | None = None


@dataclass(frozen=True)
class VoiceChannel:
    """Calls with a spoken message; each message names the number that calls."""


@dataclass(frozen=True)
class Limits:
    """How much a project's campaigns may send; what is not given keeps the service's default.

    Attributes:
        daily: Messages an endpoint in 24 hours, 1 to 100.
        total: Messages an endpoint from one campaign, 1 to 100.
        messages_per_second: 1 to 20,000.
        maximum_duration: Seconds that one run of a campaign may take, at least 60.
    """

    daily: int | None = None
    total: int | None = None
    messages_per_second: int | None = None
    maximum_duration: int | None = None

    def __post_init__(self) -> None:
        for name, lowest, highest in (
            ("daily", 1, 100),
            ("total", 1, 100),
            ("messages_per_second", 1, 20_000),
            ("maximum_duration", 60, None),
        ):
            value: int | None = getattr(self, name)
            if value is None or Token.is_unresolved(value):
                continue
            if value < lowest or (highest is not None and value > highest):
                allowed = f"{lowest} to {highest}" if highest is not None else f"at least {lowest}"
                raise ValueError(f"limits.{name} must be {allowed}, got {value}")


@dataclass(frozen=True)
class QuietTime:
    """Hours of the day in which campaigns send nothing, in each endpoint's own time zone.

    Attributes:
        start: `HH:MM`, 24 hours.
        end: `HH:MM`; before `start` if the night lies between them.
    """

    start: str
    end: str

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value: str = getattr(self, name)
            if not Token.is_unresolved(value) and not _is_time_of_day(value):
                raise ValueError(f"quiet_time.{name} must be HH:MM from 00:00 to 23:59, got {value!r}")


class IPinpointProject(Construct):
    """A project as other constructs see it, whoever made it.

    Args:
        application_id: The project id, 32 hex digits in the console.
        application_arn: Its ARN, `arn:<partition>:mobiletargeting:<region>:<account>:apps/<id>`.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, application_id: str, application_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.application_id = application_id
        self.application_arn = application_arn

    def grant(self, grantee: iam.IGrantable, *operations: str) -> iam.Grant:
        """Let somebody call operations of the Pinpoint API on this project, and on no other.

        Operations that belong to no project, such as those on templates, are granted on their own resource.

        Args:
            grantee: Who may.
            operations: Names of the API reference, such as `"UpdateEndpoint"`.

        Raises:
            ValueError: An operation does not exist, or none was given.

        See https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpinpoint.html.
        """
        if not operations:
            raise ValueError('grant needs the operations to allow: pass names such as "UpdateEndpoint"')
        actions_on: dict[str, list[str]] = defaultdict(list)
        for name in operations:
            found = operation(name)
            actions_on[self._arn(found.resource)].append(found.action)
        grants = [
            iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=[arn])
            for arn, actions in actions_on.items()
        ]
        for arn in actions_on:
            self._acknowledge_ids(grantee, arn)
        return reduce(lambda left, right: left.combine(right), grants)

    def grant_invoke(self, function: lambda_.IFunction) -> lambda_.CfnPermission:
        """Let this project's campaigns and journeys call a function, as a hook or as a custom channel.

        What names the function to the service (settings, a campaign) has to depend on the permission
        that is returned: the service checks it before it accepts the name.

        See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom-create.html.
        """
        # Below the function, not the project: a project's stack must not come to depend on each
        # stack that serves it.
        place = function.node.try_find_child("InvokedByPinpoint") or Construct(
            cast(Construct, function), "InvokedByPinpoint"
        )
        existing = place.node.try_find_child(self.node.addr)
        if isinstance(existing, lambda_.CfnPermission):
            return existing
        stack = Stack.of(function)
        return lambda_.CfnPermission(
            cast(Construct, place),
            self.node.addr,
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal=f"pinpoint.{stack.region}.amazonaws.com",
            source_account=stack.account,
            source_arn=f"{self.application_arn}/*",
        )

    def service_principal(self) -> iam.IPrincipal:
        """Pinpoint itself, acting for this project of this account and for no other (no confused deputy).

        See https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
        """
        return iam.ServicePrincipal(
            "pinpoint.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                "ArnLike": {"aws:SourceArn": self.application_arn},
            },
        )

    def _acknowledge_ids(self, grantee: iam.IGrantable, arn: str) -> None:
        role = grantee.grant_principal
        if not (arn.endswith("/*") and isinstance(role, Construct)):
            return
        owner = Stack.of(self)
        if Stack.of(role) is not owner and Token.is_unresolved(arn) and isinstance(self, PinpointProject):
            # The policy will import the ARN; the finding speaks of it by the export's name.
            arn = arn.replace(self.application_arn, owner.export_value(self.application_arn))
        acknowledge_wildcard(
            role, arn, "Ids below a project are known at run time; the wildcard stays below one project."
        )

    def _arn(self, resource: str) -> str:
        own = "apps/{application-id}"
        if resource.startswith(own):
            return self.application_arn + resource.removeprefix(own)
        if resource == "*":
            return resource
        return Stack.of(self).format_arn(service="mobiletargeting", resource=resource)


class PinpointProject(IPinpointProject):
    """An Amazon Pinpoint project with its settings and channels.

    Args:
        name: What the console shows. Changing it replaces the project, its endpoints included.
        limits: Caps for every campaign that sets none of its own.
        quiet_time: When campaigns keep silent.
        default_hook: The function that every campaign without a hook of its own calls.
        default_hook_mode: `FILTER` may remove and change endpoints; `DELIVERY` replaces delivery.
        email: Switches the e-mail channel on.
        sms: Switches the SMS channel on.
        voice: Switches the voice channel on.
        tags: Tags of the project itself.

    Raises:
        ValueError: The name is longer than 64 characters or empty.

    See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-app.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        limits: Limits | None = None,
        quiet_time: QuietTime | None = None,
        default_hook: lambda_.IFunction | None = None,
        default_hook_mode: Literal["FILTER", "DELIVERY"] = "FILTER",
        email: EmailChannel | None = None,
        sms: SmsChannel | None = None,
        voice: VoiceChannel | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        if not Token.is_unresolved(name) and not 1 <= len(name) <= 64:
            raise ValueError(f"name must have 1 to 64 characters, got {len(name)}")
        super().__init__(scope, construct_id, application_id="", application_arn="")
        self.resource = pinpoint.CfnApp(self, "Resource", name=name, tags=dict(tags) if tags else None)
        acknowledge_end_of_service(self.resource)
        # Whoever deletes the stack should not lose every endpoint with it.
        self.resource.apply_removal_policy(RemovalPolicy.RETAIN)
        self.application_id = self.resource.ref
        self.application_arn = self.resource.attr_arn
        self.settings = self._settings(limits, quiet_time, default_hook, default_hook_mode)
        self.email_channel = self._email_channel(email) if email else None
        self.sms_channel = self._sms_channel(sms) if sms else None
        self.voice_channel = self._voice_channel() if voice else None

    @classmethod
    def from_application_id(
        cls, scope: Construct, construct_id: str, application_id: str
    ) -> IPinpointProject:
        """A project that exists already, in the same account and region."""
        arn = Stack.of(scope).format_arn(
            service="mobiletargeting", resource="apps", resource_name=application_id
        )
        return IPinpointProject(scope, construct_id, application_id=application_id, application_arn=arn)

    def _settings(
        self,
        limits: Limits | None,
        quiet_time: QuietTime | None,
        default_hook: lambda_.IFunction | None,
        mode: str,
    ) -> pinpoint.CfnApplicationSettings | None:
        if not (limits or quiet_time or default_hook):
            return None
        settings = pinpoint.CfnApplicationSettings(
            self,
            "Settings",
            application_id=self.application_id,
            limits=_limits(limits) if limits else None,
            quiet_time=_quiet_time(quiet_time) if quiet_time else None,
            campaign_hook=_hook(default_hook, mode) if default_hook else None,
        )
        acknowledge_end_of_service(settings)
        if default_hook:
            settings.node.add_dependency(self.grant_invoke(default_hook))
        return settings

    def _email_channel(self, email: EmailChannel) -> pinpoint.CfnEmailChannel:
        channel = pinpoint.CfnEmailChannel(
            self,
            "EmailChannel",
            application_id=self.application_id,
            from_address=email.from_address,
            identity=email.identity,
            configuration_set=email.configuration_set,
            enabled=True,
        )
        acknowledge_end_of_service(channel)
        return channel

    def _sms_channel(self, sms: SmsChannel) -> pinpoint.CfnSMSChannel:
        channel = pinpoint.CfnSMSChannel(
            self,
            "SmsChannel",
            application_id=self.application_id,
            sender_id=sms.sender_id,
            short_code=sms.short_code,
            enabled=True,
        )
        acknowledge_end_of_service(channel)
        return channel

    def _voice_channel(self) -> pinpoint.CfnVoiceChannel:
        channel = pinpoint.CfnVoiceChannel(
            self, "VoiceChannel", application_id=self.application_id, enabled=True
        )
        acknowledge_end_of_service(channel)
        return channel


def _limits(limits: Limits) -> pinpoint.CfnApplicationSettings.LimitsProperty:
    return pinpoint.CfnApplicationSettings.LimitsProperty(
        daily=limits.daily,
        total=limits.total,
        messages_per_second=limits.messages_per_second,
        maximum_duration=limits.maximum_duration,
    )


def _quiet_time(quiet_time: QuietTime) -> pinpoint.CfnApplicationSettings.QuietTimeProperty:
    return pinpoint.CfnApplicationSettings.QuietTimeProperty(start=quiet_time.start, end=quiet_time.end)


def _hook(function: lambda_.IFunction, mode: str) -> pinpoint.CfnApplicationSettings.CampaignHookProperty:
    return pinpoint.CfnApplicationSettings.CampaignHookProperty(
        lambda_function_name=function.function_arn, mode=mode
    )


def _is_time_of_day(text: str) -> bool:
    hours, colon, minutes = text.partition(":")
    return (
        bool(colon)
        and len(hours) == len(minutes) == 2
        and text.replace(":", "").isdigit()
        and int(hours) in _HOURS
        and int(minutes) in _MINUTES
    )
