"""The two questions IAM is asked when a service makes a call: what a role may do, what a resource admits.

ministack asks them of signed requests only; what its services do for each other goes unasked.
"""

import dataclasses
import json
from typing import Any, Final

from embedded.ministack_names import find

_IAM = "ministack.core.iam_evaluator"
_WITH_POLICIES: Final = ("kinesis", "sqs", "sns", "s3", "kms", "lambda")


def is_enforced() -> bool:
    """Whether the server checks IAM at all."""
    return bool(find("ministack.app.AUTH"))


def role_refusal(role_arn: str, action: str, resource: str, *, session: str = "service") -> str | None:
    """Why a role may not make a call, in AWS's words, or None if it may.

    Args:
        role_arn: The role that the service has assumed.
        action: For example `sqs:ReceiveMessage`.
        resource: The ARN that is acted on. With `*`, where it is not known, any resource that a statement
            names will do.
        session: Name of the role's session, as it shows in the message.
    """
    if not is_enforced():
        return None
    account, name = account_of(role_arn), role_arn.rpartition("/")[2]
    principal = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
    context = find(f"{_IAM}.EvalContext")(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=find("ministack.core.responses.get_region")(),
        service_context={},
    )
    limits = find(f"{_IAM}._permissions_boundary")(find("ministack.services.iam._roles"), name, account)
    policies = find(f"{_IAM}._gather_role_policies")(name, account)
    if resource == "*":
        policies = [[_for_any_resource(statement) for statement in policy] for policy in policies]
    result = find(f"{_IAM}.evaluate")(context, policies, *limits)
    service = action.partition(":")[0]
    policy = find(f"{_IAM}._resource_policy")(service, resource) if service in _WITH_POLICIES else None
    if policy is not None:
        required = service in find(f"{_IAM}._POLICY_REQUIRED")
        combine = find(f"{_IAM}.combine_resource_policy")
        result = combine(result, context, *policy, required=required, limits=limits)
    if result.decision == "Allow":
        return None
    why = (
        "with an explicit deny" if result.decision == "Deny" else "because no identity-based policy allows it"
    )
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource} {why}"


def trust_refusal(role_arn: str, service: str, *, source_arn: str = "", external_id: str = "") -> str | None:
    """Why a service may not assume a role, or None if it may.

    Args:
        service: The principal, for example `scheduler.amazonaws.com`.
        source_arn: What `aws:SourceArn` is for this call.
        external_id: What `sts:ExternalId` is, for a service that gives one.
    """
    if not is_enforced():
        return None
    account = account_of(role_arn)
    role = find("ministack.services.iam._roles").get_scoped(account, None, role_arn.rpartition("/")[2])
    if role is None:
        return f"{role_arn} does not exist"
    trust = _with_resource(role.get("AssumeRolePolicyDocument") or {})
    if admits(
        trust,
        service,
        "sts:AssumeRole",
        "*",
        source_arn=source_arn,
        source_account=account,
        external_id=external_id,
    ):
        return None
    return f"{service} is not allowed to assume {role_arn}: its trust policy does not admit it"


def function_refusal(function_arn: str, service: str, source_arn: str) -> str | None:
    """Why a service may not invoke a function, or None if the function's policy admits it."""
    if not is_enforced():
        return None
    found = find("ministack.services.lambda_svc.function_policy_for_arn")(function_arn)
    policy = found[0] if found else None
    account = account_of(source_arn) or account_of(function_arn)
    if policy and admits(
        policy, service, "lambda:InvokeFunction", function_arn, source_arn=source_arn, source_account=account
    ):
        return None
    return f"{service} is not authorized to perform: lambda:InvokeFunction on resource: {function_arn}"


def queue_refusal(queue_arn: str, service: str, source_arn: str) -> str | None:
    """Why a service may not send to a queue, or None if the queue's policy admits it."""
    admits = find("ministack.services.sqs.queue_policy_allows")
    if admits(queue_arn, service, source_arn, account_of(source_arn)):
        return None
    return f"{service} is not authorized to perform: sqs:SendMessage on resource: {queue_arn}"


def topic_refusal(topic_arn: str, service: str, source_arn: str) -> str | None:
    """Why a service may not publish to a topic, or None if the topic's policy admits it."""
    admits = find("ministack.services.sns.topic_policy_allows")
    if admits(topic_arn, service, source_arn, account_of(source_arn)):
        return None
    return f"{service} is not authorized to perform: sns:Publish on resource: {topic_arn}"


def _for_any_resource(statement: Any) -> Any:
    if statement.effect != "Allow":
        return statement
    return dataclasses.replace(statement, resources=["*"], not_resources=[])


def account_of(arn: str) -> str:
    """The account in an ARN; empty where there is none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def admits(
    policy: str | dict[str, Any],
    service: str,
    action: str,
    resource: str,
    *,
    source_arn: str,
    source_account: str,
    external_id: str = "",
) -> bool:
    """Whether a resource's policy lets a service principal act on it for a source."""
    context = find(f"{_IAM}.EvalContext")(
        # A service is no principal of the account, so that a grant to the account does not admit it.
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=find("ministack.core.responses.get_region")(),
        service_context={
            "aws:sourcearn": source_arn or None,
            "aws:sourceaccount": source_account or None,
            "aws:principalisawsservice": "true",
            "sts:externalid": external_id or None,
        },
    )
    result = find(f"{_IAM}.evaluate_resource_policy")(policy, context, service=service)
    return bool(result.decision == "Allow")


def _with_resource(trust: str | dict[str, Any]) -> dict[str, Any]:
    """A trust policy as a resource policy: its statements name no resource."""
    document: dict[str, Any] = json.loads(trust) if isinstance(trust, str) else trust
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, dict) else statements
    return {**document, "Statement": [{**statement, "Resource": "*"} for statement in listed]}
