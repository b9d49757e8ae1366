"""`AWS::SMSVOICE::*` in CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SMSVOICE.html
"""

from typing import Any, Final

from embedded.ministack_names import find
from embedded.sms_voice.errors import NotFound
from embedded.sms_voice.resource_types.calls import Calls, Properties, Provisioned, ResourceType
from embedded.sms_voice.resource_types.identities import PHONE_NUMBER, POOL, SENDER_ID
from embedded.sms_voice.resource_types.sets import CONFIGURATION_SET, OPT_OUT_LIST
from embedded.sms_voice.service import Service

TYPES: Final = (CONFIGURATION_SET, OPT_OUT_LIST, PHONE_NUMBER, POOL, SENDER_ID)
_PROVISIONERS: Final = "ministack.services.cloudformation.provisioners"


def install(service: Service) -> None:
    """Register every type."""
    handlers = find(f"{_PROVISIONERS}._RESOURCE_HANDLERS")
    replacing = find(f"{_PROVISIONERS}._REPLACING_PROPERTIES")
    tags = find(f"{_PROVISIONERS}._STACK_TAG_PROPERTY")
    for resource_type in TYPES:
        handlers[resource_type.name] = _handlers(service, resource_type)
        replacing[resource_type.name] = resource_type.replacing
        tags[resource_type.name] = ("Tags", "list")


def _handlers(service: Service, resource_type: ResourceType) -> dict[str, Any]:
    def calls() -> Calls:
        return Calls(service, find("ministack.core.responses.get_region")())

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        resource_type.check(properties)
        return resource_type.create(calls(), f"{stack}-{logical_id}", properties)

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:  # noqa: ARG001
        resource_type.check(new)
        return resource_type.update(calls(), physical_id, old, new)

    def delete(physical_id: str, properties: Properties) -> None:  # noqa: ARG001
        try:
            resource_type.delete(calls(), physical_id)
        except NotFound:
            return

    return {"create": create, "update": update, "delete": delete}
