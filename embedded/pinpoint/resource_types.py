"""`AWS::Pinpoint::*` in CloudFormation, provisioned by the engine's own provider function.

The provider gets the same events as for `Custom::Pinpoint*`, so there is one implementation. It refuses by
name what it does not serve, which fails that resource and rolls the stack back.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from embedded import ministack_names
from embedded.pinpoint import engine

# Properties whose change replaces the resource, as the CloudFormation reference has them:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Pinpoint.html
REPLACING_PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Pinpoint::ADMChannel": ("ApplicationId",),
    "AWS::Pinpoint::APNSChannel": ("ApplicationId",),
    "AWS::Pinpoint::APNSSandboxChannel": ("ApplicationId",),
    "AWS::Pinpoint::APNSVoipChannel": ("ApplicationId",),
    "AWS::Pinpoint::APNSVoipSandboxChannel": ("ApplicationId",),
    "AWS::Pinpoint::App": ("Name",),
    "AWS::Pinpoint::ApplicationSettings": ("ApplicationId",),
    "AWS::Pinpoint::BaiduChannel": ("ApplicationId",),
    "AWS::Pinpoint::Campaign": ("ApplicationId",),
    "AWS::Pinpoint::EmailChannel": ("ApplicationId",),
    "AWS::Pinpoint::EmailTemplate": ("TemplateName",),
    "AWS::Pinpoint::EventStream": ("ApplicationId",),
    "AWS::Pinpoint::GCMChannel": ("ApplicationId",),
    "AWS::Pinpoint::InAppTemplate": ("TemplateName",),
    "AWS::Pinpoint::PushTemplate": ("TemplateName",),
    "AWS::Pinpoint::SMSChannel": ("ApplicationId",),
    "AWS::Pinpoint::Segment": ("ApplicationId",),
    "AWS::Pinpoint::SmsTemplate": ("TemplateName",),
    "AWS::Pinpoint::VoiceChannel": ("ApplicationId",),
}
_TAGGED: Final = frozenset(
    f"AWS::Pinpoint::{name}"
    for name in (
        "App",
        "Campaign",
        "EmailTemplate",
        "InAppTemplate",
        "PushTemplate",
        "Segment",
        "SmsTemplate",
    )
)

_PROVISIONERS: Final = "ministack.services.cloudformation.provisioners"
_INVOKE: Final = "ministack.services.cloudformation.custom_resource.invoke_custom_resource"
_STACKS: Final = "ministack.services.cloudformation.stacks"

_Properties = dict[str, Any]
_Provisioned = tuple[str, dict[str, Any]]


def install() -> None:
    """Register every type of Pinpoint's."""
    handlers = ministack_names.find(f"{_PROVISIONERS}._RESOURCE_HANDLERS")
    ministack_names.find(f"{_PROVISIONERS}._REPLACING_PROPERTIES").update(REPLACING_PROPERTIES)
    tags = ministack_names.find(f"{_PROVISIONERS}._STACK_TAG_PROPERTY")
    for resource_type in REPLACING_PROPERTIES:
        handlers[resource_type] = _handlers(resource_type)
        if resource_type in _TAGGED:
            tags[resource_type] = ("Tags", "map")
    # The provider answers through this server, so waiting for it must not hold the event loop.
    for name in ("_runs_on_worker_thread", "_sends_back_failed_update"):
        _also_for_pinpoint(f"{_STACKS}.{name}")


def _also_for_pinpoint(name: str) -> None:
    original: Callable[[str], bool] = ministack_names.find(name)

    def applies(resource_type: str) -> bool:
        return resource_type in REPLACING_PROPERTIES or original(resource_type)

    ministack_names.replace(name, applies)


def _handlers(resource_type: str) -> dict[str, Any]:
    def create(logical_id: str, properties: _Properties, stack: str) -> _Provisioned:
        return _invoke("Create", logical_id, properties, stack, resource_type)

    def update(
        physical_id: str, old: _Properties, new: _Properties, stack: str, logical_id: str
    ) -> _Provisioned:
        return _invoke("Update", logical_id, new, stack, resource_type, physical_id, _sent(old))

    def delete(physical_id: str, properties: _Properties, logical_id: str | None) -> None:
        _invoke("Delete", logical_id or physical_id, properties, "", resource_type, physical_id)

    return {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "delete_with_logical_id": True,
    }


def _invoke(
    request: str,
    logical_id: str,
    properties: _Properties,
    stack: str,
    resource_type: str,
    physical_id: str | None = None,
    old: _Properties | None = None,
) -> _Provisioned:
    engine.require(engine.PROVIDER)
    stack_id = ministack_names.find(f"{_PROVISIONERS}._cr_stack_id")(stack)
    provisioned: _Provisioned = ministack_names.find(_INVOKE)(
        request, logical_id, _sent(properties), stack, stack_id, resource_type, physical_id, old
    )
    return provisioned


def _sent(properties: _Properties) -> _Properties:
    sent = {**properties, "ServiceToken": engine.PROVIDER}
    if "Tags" in properties:
        # The engine refuses CloudFormation's own tags, as it has to from anybody else.
        sent["Tags"] = {key: tag for key, tag in properties["Tags"].items() if not key.startswith("aws:")}
    return sent
