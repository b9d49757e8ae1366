"""Templates of single constructs, and the words in which tests ask them."""

import re
from collections.abc import Callable
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import IPinpointProject, PinpointProject
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns.engine import PinpointEngine

APPLICATION_ID = "0123456789abcdef0123456789abcdef"

# What CDK adds to a logical id: a hash at its end, and the address of a construct of another stack within.
_HASH = re.compile(r"[0-9A-F]{8}(?=[.>])|c8[0-9a-f]{40}")

# What a grant of CDK's allows on a queue.
SENDS = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
CONSUMES = {
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueUrl",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}


def template_of(build: Callable[[Stack, IPinpointProject], object]) -> Template:
    """The template of a stack with an existing project, in a known account and Region."""
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    stack = Stack(app, "Stack", env={"account": "111122223333", "region": "eu-west-1"})
    build(stack, PinpointProject.from_application_id(stack, "Project", APPLICATION_ID))
    return Template.from_stack(stack)


def engine_template(**options: Any) -> Template:
    """The template of an engine in a stack of its own, in any account and Region."""
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    stack = Stack(app, "Engine")
    PinpointEngine(stack, "Engine", **options)
    return Template.from_stack(stack)


def a_function(stack: Stack, name: str) -> PatternFunction:
    """A function of somebody's, with its log, dead letters and alarms."""
    return PatternFunction(
        stack,
        name,
        handler="patterns.custom_channel.handler.handler",
        code=["patterns/custom_channel"],
        description="Somebody's function",
    )


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of a kind, by logical id."""
    return {name: it.get("Properties", {}) for name, it in template.find_resources(kind).items()}


def one(template: Template, kind: str, named: str = "") -> tuple[str, dict[str, Any]]:
    """The logical id and the properties of the one resource of a kind whose logical id contains a text."""
    found = {name: it for name, it in resources(template, kind).items() if named in name}
    assert len(found) == 1, f"{kind} named {named!r}: {list(found)}"
    ((name, properties),) = found.items()
    return name, properties


def only(template: Template, kind: str, named: str = "") -> dict[str, Any]:
    """The properties of the one resource of a kind whose logical id contains a text."""
    _, properties = one(template, kind, named)
    return properties


def variables(template: Template, named: str) -> dict[str, Any]:
    """The environment of the function whose logical id contains a text."""
    found: dict[str, Any] = only(template, "AWS::Lambda::Function", named).get("Environment", {})
    return found.get("Variables", {})  # type: ignore[no-any-return]


def timeouts(template: Template) -> dict[str, int]:
    """How many seconds each function may take, by logical id without its hash; Lambda's own are 3."""
    return {
        plain(f"<{name}>").strip("<>"): function.get("Timeout", 3)
        for name, function in resources(template, "AWS::Lambda::Function").items()
    }


def thresholds(template: Template) -> dict[str, tuple[str, str, int]]:
    """When each alarm rings that is neither of a dead-letter queue nor of a function's errors.

    By logical id without its hash: the metric (empty for an expression), how it is compared, and with what.
    """
    signs = {"GreaterThanOrEqualToThreshold": ">="}
    return {
        plain(f"<{name}>").strip("<>"): (
            alarm.get("MetricName", ""),
            signs.get(alarm.get("ComparisonOperator", ""), "?"),
            alarm.get("Threshold", 0),
        )
        for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items()
        if alarm.get("MetricName") not in ("ApproximateNumberOfMessagesVisible", "Errors")
    }


def listed(value: Any) -> list[Any]:
    """What a policy may say once or in a list, as a list."""
    return value if isinstance(value, list) else [value]


def reach(template: Template, named: str) -> dict[str, set[str]]:
    """What a policy allows on each resource, but for writing the function's own log.

    Resources are named as in `plain`. That each function may write its own log, and no other, is a promise
    of every template.
    """
    actions: dict[str, set[str]] = {}
    for statement in only(template, "AWS::IAM::Policy", named)["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            actions.setdefault(plain(flat(resource)), set()).update(listed(statement["Action"]))
    return {
        resource: allowed - {"logs:CreateLogStream", "logs:PutLogEvents"}
        for resource, allowed in actions.items()
        if allowed - {"logs:CreateLogStream", "logs:PutLogEvents"}
    }


def plain(reference: str) -> str:
    """A reference of `flat` without the hashes that CDK puts into logical ids."""
    return _HASH.sub("", reference)


def allowed(template: Template, named: str) -> dict[str, Any]:
    """What a policy allows: each action with its resource."""
    actions: dict[str, Any] = {}
    for statement in only(template, "AWS::IAM::Policy", named)["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
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
