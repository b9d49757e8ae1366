"""One operation that erases a person from the stores of the patterns."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pinpoint_patterns._event_delivery import EVENTS
from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns.event_archive import EventArchive
from pinpoint_patterns.project import IPinpointProject


class PersonEraser(Construct):
    """A function that erases a person from a project, an archive of its events, tables and dead letters.

    Who has `grant_invoke` calls `function` with `{"user_id", "endpoint_ids", "addresses"}`, of which one is
    enough, and again with `next` of the answer until the answer says `done`; `removed` counts by store. The
    project's own endpoints of the person say what else they are known by, and are deleted last. Calls are
    neither retried nor kept, and logs have a digest of the person only.

    Args:
        project: Whose endpoints.
        archive: Events of the project, which are written anew without the person's.
        tables: By name, tables of `pk`, whose items that name the person are deleted.
        sorted_tables: The same of `pk` and `sk`.
        dead_letters: By name, queues whose messages that name the person are deleted.

    Raises:
        ValueError: Two stores have one name.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-delete.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        archive: EventArchive | None = None,
        tables: Mapping[str, dynamodb.ITable] | None = None,
        sorted_tables: Mapping[str, dynamodb.ITable] | None = None,
        dead_letters: Mapping[str, sqs.IQueue] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        keyed = [
            *((name, table, ["pk"]) for name, table in (tables or {}).items()),
            *((name, table, ["pk", "sk"]) for name, table in (sorted_tables or {}).items()),
        ]
        queues = dead_letters or {}
        stores: list[dict[str, Any]] = [
            *({"name": name, "kind": "table", "place": t.table_name, "keys": k} for name, t, k in keyed),
            *({"name": name, "kind": "letters", "place": q.queue_url} for name, q in queues.items()),
        ]
        if archive:
            prefix = f"{EVENTS}application_id={project.application_id}/"
            place = archive.bucket.bucket_name
            stores.append({"name": "archive", "kind": "archive", "place": place, "prefix": prefix})
        _check([store["name"] for store in stores])
        self.eraser = PatternFunction(
            self,
            "Eraser",
            handler="patterns.forget.handler.handler",
            code=["patterns/forget"],
            description="Erases a person from what the patterns keep",
            timeout=Duration.minutes(2),
            memory_size=1024,
            environment={"APPLICATION_ID": project.application_id, "STORES": json.dumps(stores)},
            keeps_events=False,
        )
        self.function = self.eraser.function
        project.grant(self.function, "GetUserEndpoints", "GetEndpoint", "DeleteEndpoint")
        for _, table, _ in keyed:
            table.grant(self.function, "dynamodb:Scan", "dynamodb:DeleteItem")
        for queue in queues.values():
            queue.grant(self.function, "sqs:ReceiveMessage", "sqs:DeleteMessage")
        if archive:
            self._grant_archive(archive)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody erase people."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["lambda:InvokeFunction"],
            resource_arns=[self.function.function_arn],
            scope=self,
        )

    def _grant_archive(self, archive: EventArchive) -> None:
        events = archive.bucket.arn_for_objects(f"{EVENTS}*")
        statements = {
            "s3:ListBucketVersions": archive.bucket.bucket_arn,
            **dict.fromkeys(
                ("s3:DeleteObjectVersion", "s3:GetObjectVersion", "s3:PutObject"),
                events,
            ),
        }
        for action, arn in statements.items():
            self.function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[arn]))
        acknowledge_wildcard(self.eraser.role, events, "The person's events are in any file of the archive.")
        if archive.encryption_key:
            archive.encryption_key.grant(self.function, "kms:Decrypt", "kms:GenerateDataKey")


def _check(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"each store needs a name of its own, got {', '.join(twice)} twice")
    if "endpoints" in names:
        raise ValueError("endpoints is what the project's own are counted under: name the store otherwise")
