"""The endpoints of a user: to read, and to change by preferences, with a system of record that is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._link_secret import LinkSecret
from pinpoint_patterns._queue_worker import counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns._user_endpoints_api import UserEndpointsApi
from pinpoint_patterns.callback_sender import CallbackSender
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

_CODE: Final = "patterns/user_endpoints"
# API Gateway waits no longer.
_TIMEOUT: Final = Duration.seconds(29)
_LONGEST_NAME: Final = 50
_LONGEST_VALUE: Final = 100
_MOST_VALUES: Final = 50
# A function's variables share 4 KB.
_LARGEST_SCHEMA: Final = 3000


@dataclass(frozen=True)
class Preference:
    """An attribute of endpoints that users may set, such as `EmailPreference_DailyDeals`.

    Attributes:
        name: The attribute's name, up to 50 characters.
        values: What it may be, each up to 100 characters.
        several: Whether it holds any number of its values, rather than one.
        channels: Channel types of the endpoints that have it, such as `EMAIL`; all by default.
    """

    name: str
    values: Sequence[str]
    several: bool = False
    channels: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= _LONGEST_NAME:
            raise ValueError(
                f"a preference's name must have 1 to {_LONGEST_NAME} characters, got {self.name!r}"
            )
        if not 1 <= len(self.values) <= _MOST_VALUES or len(set(self.values)) != len(self.values):
            raise ValueError(f"{self.name} must have 1 to {_MOST_VALUES} different values")
        if not all(1 <= len(value) <= _LONGEST_VALUE for value in self.values):
            raise ValueError(f"each value of {self.name} must have 1 to {_LONGEST_VALUE} characters")


class UserEndpoints(Construct):
    """An API in front of a project's users, a table of changes under way, and a sender of callbacks.

    A change of preferences updates the endpoints concerned, puts one `custom.preference_update` event for
    each preference of each, and tells the system of record, once. Links let users do that themselves.

    Args:
        project: Whose users.
        preferences: What users may set; anything else is refused.
        callback_url: The webhook of the system of record, `https`; it is told of each change.
        callback_secret: Its signing secret, `whsec_<base64>`; a new one by default.
        link_lifetime: How long links are good at most, 1 minute to a day less than `link_rotation`.
        link_rotation: How often the secret that signs links gets a new value, 2 to 1,000 days.
        links_address: Where links lead, to which the token is added: a page or a domain of one's own.
            The API's own `/links/` by default.
        rate_limit: Requests a second of all callers together.
        burst_limit: Requests at once.
        public_rate_limit: Requests a second to each method of links.
        public_burst_limit: Requests at once to each method of links.
        set_logging_role: Whether to set the Region's API Gateway logging role, which access logs need
            once in an account.

    Raises:
        ValueError: There are no preferences, or too many; or a length of time is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-users-user-id.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        preferences: Sequence[Preference],
        callback_url: str,
        callback_secret: secretsmanager.ISecret | None = None,
        link_lifetime: Duration | None = None,
        link_rotation: Duration | None = None,
        links_address: str | None = None,
        rate_limit: int = 100,
        burst_limit: int = 200,
        public_rate_limit: int = 20,
        public_burst_limit: int = 40,
        set_logging_role: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        lifetime, rotation = link_lifetime or Duration.days(60), link_rotation or Duration.days(90)
        _check_times(lifetime, rotation)
        schema = _schema(preferences)
        self._project = project
        self.callbacks = CallbackSender(
            self, "Callbacks", url=callback_url, name="user-endpoints", secret=callback_secret
        )
        self.table = state_table(self, "Table", sort_key=True)
        self._links = LinkSecret(self, "Links", rotation=rotation)
        self.link_secret = self._links.secret
        self.link_rotation = self._links.rotation
        common = {
            "APPLICATION_ID": project.application_id,
            "PREFERENCES": schema,
            "TABLE": self.table.table_name,
            "CALLBACKS_QUEUE_URL": self.callbacks.queue.queue_url,
            "LINK_SECRET_ARN": self.link_secret.secret_arn,
        }
        self.api = self._function(
            "Api",
            "Answers callers with credentials about users and their endpoints",
            {
                **common,
                "LINK_SECONDS": str(lifetime.to_seconds()),
                **({"LINKS_ADDRESS": links_address} if links_address else {}),
            },
        )
        self.public = self._function("Public", "Answers whoever has a link to their preferences", common)
        for function in (self.api, self.public):
            project.grant(function.function, "GetUserEndpoints", "PutEvents")
            self.callbacks.grant_send(function.function)
            self._allow(function, ["dynamodb:GetItem", "dynamodb:UpdateItem"], "user#*")
        # Who makes links writes down whom they are for, and who is shown one may look that up.
        self._allow(self.api, ["dynamodb:UpdateItem"], "subject#*")
        self._allow(self.public, ["dynamodb:GetItem"], "subject#*")
        self._allow_secret(self.api, "AWSCURRENT")
        self._allow_secret(self.public, "AWSCURRENT", "AWSPREVIOUS")
        self._front = UserEndpointsApi(
            self,
            "Front",
            api=self.api.function,
            public=self.public.function,
            rate_limit=rate_limit,
            burst_limit=burst_limit,
            public_rate_limit=public_rate_limit,
            public_burst_limit=public_burst_limit,
            set_logging_role=set_logging_role,
        )
        self.rest_api = self._front.rest_api
        self.api_url = self._front.url

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read the endpoints of users, addresses included."""
        return self._front.grant(grantee, {"endpoints": "GET"})

    def grant_change(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody change preferences, and make links with which users do."""
        return self._front.grant(grantee, {"preferences": "PUT", "links": "POST"})

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people."""
        changes = PersonalStore.keyed(
            f"{self.node.path}: changes and links",
            self.table,
            code=_CODE,
            actions=("Query", "DeleteItem"),
            allows={"secretsmanager:GetSecretValue": [self.link_secret.secret_arn]},
            settings={
                "application_id": self._project.application_id,
                "link_secret_id": self.link_secret.secret_arn,
            },
        )
        return [*self.callbacks.personal_stores, changes]

    def metric_changed(self) -> cloudwatch.Metric:
        """Changes that were made, the sum of five minutes."""
        return counted("Changed", {"Pattern": "UserEndpoints"})

    def metric_repeated(self) -> cloudwatch.Metric:
        """Changes that had been made before and were answered again, the sum of five minutes."""
        return counted("Repeated", {"Pattern": "UserEndpoints"})

    def metric_links(self) -> cloudwatch.Metric:
        """Links that were made, the sum of five minutes."""
        return counted("Links", {"Pattern": "UserEndpoints"})

    def _function(self, name: str, description: str, environment: Mapping[str, str]) -> PatternFunction:
        return PatternFunction(
            self,
            name,
            handler=f"patterns.user_endpoints.{name.lower()}.handler",
            code=[_CODE],
            description=description,
            timeout=_TIMEOUT,
            environment=environment,
        )

    def _allow(self, function: PatternFunction, actions: Sequence[str], keys: str) -> None:
        """Let a function use the table, items of one kind only."""
        function.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=[self.table.table_arn],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys]}},
            )
        )

    def _allow_secret(self, function: PatternFunction, *stages: str) -> None:
        """Let a function read the secret, these versions of it only."""
        function.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=[self.link_secret.secret_arn],
                conditions={"StringEquals": {"secretsmanager:VersionStage": list(stages)}},
            )
        )


def _schema(preferences: Sequence[Preference]) -> str:
    if not preferences:
        raise ValueError("preferences must name at least one: pass Preference(name=..., values=[...])")
    names = [preference.name for preference in preferences]
    if len(set(names)) != len(names):
        raise ValueError(f"each preference must have a name of its own, got {', '.join(names)}")
    schema = json.dumps(
        {
            one.name: {"values": list(one.values), "several": one.several, "channels": list(one.channels)}
            for one in preferences
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )
    if len(schema.encode()) > _LARGEST_SCHEMA:
        raise ValueError(
            f"preferences must fit into {_LARGEST_SCHEMA} bytes of JSON, these take {len(schema.encode())}:"
            " use fewer or shorter values"
        )
    return schema


def _check_times(lifetime: Duration, rotation: Duration) -> None:
    if any(Token.is_unresolved(duration) for duration in (lifetime, rotation)):
        return
    day = Duration.days(1).to_seconds()
    if not 2 * day <= rotation.to_seconds() <= 1000 * day:
        raise ValueError(f"link_rotation must be 2 to 1,000 days, got {rotation.to_human_string()}")
    if not 60 <= lifetime.to_seconds() <= rotation.to_seconds() - day:
        raise ValueError(
            "link_lifetime must be 1 minute to a day less than link_rotation, since a secret verifies until"
            f" its second rotation, got {lifetime.to_human_string()}"
        )
