"""An API over a project's users: their endpoints, their preferences, and links for themselves."""

from typing import Final

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import IPinpointProject, PatternDashboard, Preference, UserEndpoints

_PREFERENCES: Final = (
    Preference(name="EmailPreference_DailyDeals", values=["Subscribed", "Unsubscribed"], channels=["EMAIL"]),
    Preference(name="Topics", values=["news", "offers", "events"], several=True),
)


class UserEndpointsStack(Stack):
    """Endpoints of users, and what users want.

    Args:
        project: Whose users.
        records_url: The webhook of the system of record.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, project: IPinpointProject, records_url: str
    ) -> None:
        super().__init__(scope, construct_id, description="Endpoints and preferences of users")
        users = UserEndpoints(
            self, "Users", project=project, preferences=_PREFERENCES, callback_url=records_url
        )
        self.personal_stores = users.personal_stores
        callbacks = users.callbacks
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[users.api.error_alarm, users.public.error_alarm, callbacks.sender.age_alarm],
            counts={
                "Changes": [users.metric_changed(), users.metric_repeated(), users.metric_links()],
                "Callbacks": [
                    callbacks.metric_delivered(),
                    callbacks.metric_failed(),
                    callbacks.metric_postponed(),
                ],
            },
            queues={"Callbacks": callbacks.queue},
            dead_letters={"Callbacks": callbacks.dead_letters},
            functions={"Callers": users.api.function, "Links": users.public.function},
        )
        for name, value in {
            "ApiUrl": users.api_url,
            "CallbackSecretArn": callbacks.secret.secret_arn,
            "CallbackDeadLettersUrl": callbacks.dead_letters.queue_url,
            "TableName": users.table.table_name,
            "LinkSecretArn": users.link_secret.secret_arn,
            "LinkRotationFunctionArn": users.link_rotation.function.function_arn,
        }.items():
            CfnOutput(self, name, value=value)
