"""Secrets with a rotation schedule can be deployed, and who may read which version is checked.

ministack's CloudFormation knows neither `RotationSchedule` nor `ResourcePolicy` of Secrets Manager, which
come together. Here both are noted on their secret. Nothing rotates by itself: whoever wants to see a rotation
calls its function step by step. Policies may name `secretsmanager:VersionStage`, which is filled here.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SecretsManager.html.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from embedded import ministack_names
from embedded.server import Server

_SCHEDULE: Final = "AWS::SecretsManager::RotationSchedule"
_POLICY: Final = "AWS::SecretsManager::ResourcePolicy"
_PROVISIONERS: Final = "ministack.services.cloudformation.provisioners"
_SECRET: Final = "ministack.services.secretsmanager._resolve"
_PUT_POLICY: Final = "ministack.services.secretsmanager._put_resource_policy"

_CONTEXT: Final = "ministack.core.iam_actions.request_tag_context"

_Context = Callable[[str, str, bytes, dict[str, Any]], dict[str, Any]]
_Properties = dict[str, Any]
_Provisioned = tuple[str, dict[str, Any]]


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Let rotation schedules and policies of secrets be made."""
    handlers = ministack_names.find(f"{_PROVISIONERS}._RESOURCE_HANDLERS")
    replacing = ministack_names.find(f"{_PROVISIONERS}._REPLACING_PROPERTIES")
    context: _Context = ministack_names.find(_CONTEXT)
    ministack_names.replace(_CONTEXT, _with_version_stage(context))
    for kind, note_on in ((_SCHEDULE, _schedule), (_POLICY, _policy)):
        handlers[kind] = _noting(kind, note_on)
        replacing[kind] = ("SecretId",)


def _with_version_stage(context: _Context) -> _Context:
    def with_version_stage(
        service: str, action: str, body: bytes, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        keys = context(service, action, body, parameters)
        if action == "secretsmanager:GetSecretValue":
            stage = json.loads(body).get("VersionStage")
            return {**keys, "secretsmanager:VersionStage": stage} if stage else keys
        return keys

    return with_version_stage


def _schedule(secret: dict[str, Any], properties: _Properties) -> None:
    secret["RotationEnabled"] = bool(properties)
    secret["RotationLambdaARN"] = properties.get("RotationLambdaARN")
    secret["RotationRules"] = properties.get("RotationRules", {})


def _policy(secret: dict[str, Any], properties: _Properties) -> None:
    document = properties.get("ResourcePolicy", {})
    text = document if isinstance(document, str) else json.dumps(document)
    ministack_names.find(_PUT_POLICY)({"SecretId": secret["ARN"], "ResourcePolicy": text})


def _noting(kind: str, note_on: Callable[[dict[str, Any], _Properties], None]) -> dict[str, Any]:
    """The handlers of a type that is nothing but something noted on its secret."""

    def note(properties: _Properties) -> _Provisioned:
        arn: str = properties["SecretId"]
        _, secret = ministack_names.find(_SECRET)(arn)
        if not secret:
            raise ValueError(f"{kind} create failed: there is no secret {arn}")
        note_on(secret, properties)
        return arn, {"Id": arn}

    def create(logical_id: str, properties: _Properties, stack: str) -> _Provisioned:  # noqa: ARG001
        return note(properties)

    def update(
        physical_id: str,  # noqa: ARG001
        old: _Properties,  # noqa: ARG001
        new: _Properties,
        stack: str,  # noqa: ARG001
    ) -> _Provisioned:
        return note(new)

    def delete(physical_id: str, properties: _Properties) -> None:  # noqa: ARG001
        _, secret = ministack_names.find(_SECRET)(physical_id)
        if secret:
            note_on(secret, {})

    return {"create": create, "update": update, "delete": delete}
