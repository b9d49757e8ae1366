"""Templates of single constructs, and the words in which tests ask them."""

from collections.abc import Callable
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import IPinpointProject, PinpointProject

APPLICATION_ID = "0123456789abcdef0123456789abcdef"


def template_of(build: Callable[[Stack, IPinpointProject], object]) -> Template:
    """The template of a stack with an existing project, in a known account and Region."""
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    stack = Stack(app, "Stack", env={"account": "111122223333", "region": "eu-west-1"})
    build(stack, PinpointProject.from_application_id(stack, "Project", APPLICATION_ID))
    return Template.from_stack(stack)


def only(template: Template, kind: str, named: str = "") -> dict[str, Any]:
    """The properties of the one resource of a kind whose logical id contains a text."""
    found = {name: it for name, it in template.find_resources(kind).items() if named in name}
    assert len(found) == 1, f"{kind} named {named!r}: {list(found)}"
    (resource,) = found.values()
    properties: dict[str, Any] = resource.get("Properties", {})
    return properties


def allowed(template: Template, named: str) -> dict[str, Any]:
    """What a policy allows: each action with its resource."""
    actions: dict[str, Any] = {}
    for statement in only(template, "AWS::IAM::Policy", named)["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        listed = statement["Action"]
        for action in [listed] if isinstance(listed, str) else listed:
            before = actions.get(action)
            actions[action] = statement["Resource"] if before is None else [before, statement["Resource"]]
    return actions


def flat(value: Any) -> str:
    """A reference on one line: `<LogicalId.Arn>/rest`."""
    match value:
        case str():
            return value
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(flat(part) for part in parts)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case list():
            return " ".join(flat(part) for part in value)
    return str(value)
