"""A custom channel into an inbox inside the app."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.custom_channel import CustomChannel
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject


class InboxChannel(CustomChannel):
    """A custom channel that keeps messages in a table, from which an app reads them when it opens.

    Args:
        project: Whose campaigns and journeys may use the channel.
        table: An inbox with the keys `pk` and `sk` and the TTL attribute `ttl`; a new one by default.
        keep: How long a message stays readable.
        name: The channel's name in result events and metrics.
        encryption_key: A key for queues, ledger and inbox; the services' own by default.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        table: dynamodb.ITable | None = None,
        keep: Duration | None = None,
        name: str = "inbox",
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            project=project,
            name=name,
            adapter="channels.inbox.adapter:adapter",
            code=["channels/inbox"],
            environment={"INBOX_KEEP_SECONDS": str((keep or Duration.days(30)).to_seconds())},
            encryption_key=encryption_key,
        )
        self.table = table or state_table(self, "Inbox", sort_key=True, encryption_key=encryption_key)
        self.table.grant(self.sender.function, "dynamodb:PutItem")
        self.sender.function.add_environment("INBOX_TABLE", self.table.table_name)

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people."""
        inbox = PersonalStore.table(f"{self.node.path}: inbox", self.table, keys=("pk", "sk"))
        return [*super().personal_stores, inbox]

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let an app's backend read inboxes, one reader at a time."""
        return self.table.grant(grantee, "dynamodb:Query", "dynamodb:GetItem")
