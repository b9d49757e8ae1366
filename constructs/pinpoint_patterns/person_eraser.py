"""One operation that erases a person from the stores of the patterns."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from aws_cdk import Duration, Names, Reference, Stack, Token, Tokenization
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

# A parameter holds 4,096 characters; what names and addresses are put into has up to 400.
_STORES_A_PARAMETER: Final = 8
_RESERVED: Final = ("endpoints", "dead letters")


class PersonEraser(Construct):
    """A function that erases a person from a project and from what constructs keep.

    Who has `grant_invoke` calls `function` with `{"user_id", "endpoint_ids", "addresses"}`, of which one is
    enough, and again with `next` of the answer until the answer says `done`; `removed` counts by store, all
    dead letters together. The project's own endpoints of the person say what else they are known by, and are
    deleted last. Calls are neither retried nor kept, and logs have a digest of the person only.

    Args:
        project: Whose endpoints.
        stores: What else is kept, as the `personal_stores` of constructs say; what two of them share counts
            once.

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
        stores: Sequence[PersonalStore] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.stores = _distinct(stores)
        parameters = list(self._parameters())
        self.eraser = PatternFunction(
            self,
            "Eraser",
            handler="patterns.forget.handler.handler",
            code=["patterns/forget", *sorted({store.code for store in self.stores} - {""})],
            description="Erases a person from what the patterns keep",
            timeout=Duration.minutes(2),
            memory_size=1024,
            environment={
                "APPLICATION_ID": project.application_id,
                # More than a function's 4 KB of variables would have to hold them.
                "STORES_PARAMETERS": ",".join(each.parameter_name for each in parameters),
            },
            keeps_events=False,
        )
        self.function = self.eraser.function
        project.grant(self.function, "GetUserEndpoints", "GetEndpoint", "DeleteEndpoint")
        self._allow("ssm:GetParameter", [each.parameter_arn for each in parameters])
        for store in self.stores:
            for action, arns in store.allows.items():
                self._allow(action, arns)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody erase people."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["lambda:InvokeFunction"],
            resource_arns=[self.function.function_arn],
            scope=self,
        )

    def _parameters(self) -> Iterator[ssm.StringParameter]:
        folder = f"/pinpoint-patterns/{Names.unique_resource_name(self, max_length=100)}"
        for first in range(0, len(self.stores), _STORES_A_PARAMETER):
            number = first // _STORES_A_PARAMETER
            described: list[dict[str, Any]] = [
                {"name": each.name, "eraser": each.eraser, "place": each.place, **each.settings}
                for each in self.stores[first : first + _STORES_A_PARAMETER]
            ]
            yield ssm.StringParameter(
                self,
                f"Stores{number}",
                # A name of its own, by which the function's role knows it, is known before it is made.
                parameter_name=f"{folder}/stores-{number}",
                description="Where the eraser looks for a person",
                string_value=Stack.of(self).to_json_string(described),
            )

    def _allow(self, action: str, arns: Sequence[str]) -> None:
        # Before the policy asks for them: it does so in an order that any construct of the app may change.
        imported = [_imported(arn, self) for arn in arns]
        if arns:
            self.function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=list(arns)))
        for arn in imported:
            if arn.endswith("*"):
                acknowledge_wildcard(self.eraser.role, arn, "The person may be in any below it.")


def _imported(arn: str, consumer: Construct) -> str:
    """An ARN as the consumer's stack will have it: a finding names what is another's by its export."""
    for token in Tokenization.reverse_string(arn).tokens:
        if Reference.is_reference(token):
            owner = Stack.of(cast(Reference, token).target)
            if owner.node.path != Stack.of(consumer).node.path:
                arn = arn.replace(Token.as_string(token), owner.export_value(token))
    return arn


def _distinct(stores: Sequence[PersonalStore]) -> list[PersonalStore]:
    """The stores, each once: two constructs may share one."""
    by_name: dict[str, PersonalStore] = {}
    for store in stores:
        if by_name.setdefault(store.name, store) != store:
            raise ValueError(f"each store needs a name of its own, got {store.name} twice")
        if store.name in _RESERVED:
            raise ValueError(f"{store.name} is what others are counted under: name the store otherwise")
    return list(by_name.values())
