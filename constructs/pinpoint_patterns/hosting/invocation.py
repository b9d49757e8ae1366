"""Change 4: functions that Pinpoint may invoke can be invoked by the engine, for the same applications.

The delivery role's permission cannot carry the source conditions, since its calls carry no source. They
become a grant, which the engine checks before each call.

See https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from typing import cast

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pinpoint_patterns._engine_names import delivery_role_arn, provider_arn
from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.intrinsics import Intrinsics
from pinpoint_patterns.hosting.trust import is_pinpoint


def admit_engine_calls(permission: lambda_.CfnPermission) -> bool:
    """Give the engine what a permission gives Pinpoint; False if it is about somebody else.

    Raises:
        NotTranslatable: The permission has a condition without an equivalent.
    """
    stack = Stack.of(permission)
    principal = Intrinsics().text(stack.resolve(permission.principal))
    if not is_pinpoint(principal):
        return False
    for name, value in (
        ("EventSourceToken", permission.event_source_token),
        ("FunctionUrlAuthType", permission.function_url_auth_type),
        ("PrincipalOrgID", permission.principal_org_id),
    ):
        if value is not None:
            raise NotTranslatable(
                f"the permission for Pinpoint has {name}", "use SourceArn and SourceAccount instead"
            )
    scope, construct_id = cast(Construct, permission.node.scope), permission.node.id
    engine = lambda_.CfnPermission(
        scope,
        f"{construct_id}ForEngine",
        action=permission.action,
        function_name=permission.function_name,
        principal=delivery_role_arn(permission),
    )
    grant = CfnResource(
        scope,
        f"{construct_id}Grant",
        type="Custom::PinpointGrant",
        properties={
            "ServiceToken": provider_arn(permission),
            "FunctionArn": permission.function_name,
            "SourceArn": [permission.source_arn] if permission.source_arn else [],
            "SourceAccount": permission.source_account or stack.account,
        },
    )
    # Whoever waits for the permission waits for both.
    permission.add_resource_dependency(engine)
    permission.add_resource_dependency(grant)
    return True
