"""Breaking a template on purpose: each break has to fail an assertion that has a name."""

import copy
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import pytest
from aws_cdk.assertions import Template

from pinpoint_patterns import ImportBucket
from tests.infra import test_engagement_events, test_event_stream, test_import_bucket
from tests.support.templates import flat, only, template_of

# Properties whose change would break a promise, by type.
_MATTER = {
    "AWS::S3::Bucket": (
        "PublicAccessBlockConfiguration",
        "VersioningConfiguration",
        "BucketEncryption",
        "LifecycleConfiguration",
        "NotificationConfiguration",
    ),
    "AWS::Kinesis::Stream": ("StreamEncryption", "StreamModeDetails", "RetentionPeriodHours"),
    "AWS::Lambda::EventSourceMapping": ("FunctionResponseTypes",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
}
Mutation = tuple[str, dict[str, Any]]


def import_template() -> Template:
    return template_of(
        lambda stack, project: ImportBucket(stack, "Import", project=project).imports_segments()
    )


# The tests, the template, and how the logical ids of what they are about begin.
SUBJECTS: dict[str, tuple[ModuleType, Callable[[], Template], str]] = {
    "import bucket": (test_import_bucket, import_template, "Import"),
    "event stream": (test_event_stream, test_event_stream.with_consumer, ""),
    "engagement events": (test_engagement_events, test_engagement_events.with_url, "Events"),
}


def dropped_grants(template: Mapping[str, Any]) -> Iterator[Mutation]:
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Policy":
            continue
        for s, statement in enumerate(resource["Properties"]["PolicyDocument"]["Statement"]):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for action in actions:
                mutated = copy.deepcopy(dict(template))
                kept = [other for other in actions if other != action]
                document = mutated["Resources"][name]["Properties"]["PolicyDocument"]
                document["Statement"][s]["Action"] = kept
                yield f"{name}: {action}", mutated


def dropped_properties(template: Mapping[str, Any]) -> Iterator[Mutation]:
    for name, resource in template["Resources"].items():
        for member in _MATTER.get(resource["Type"], ()):
            mutated = copy.deepcopy(dict(template))
            if mutated["Resources"][name]["Properties"].pop(member, None) is not None:
                yield f"{name}.{member}", mutated
        if resource["Type"] == "AWS::IAM::Role" and "aws:SourceArn" in json.dumps(resource):
            mutated = copy.deepcopy(dict(template))
            document = mutated["Resources"][name]["Properties"]["AssumeRolePolicyDocument"]
            document["Statement"][0].pop("Condition")
            yield f"{name}: its conditions", mutated


def is_noticed(module: ModuleType, mutated: dict[str, Any]) -> bool:
    template = Template.from_json(mutated)
    fixtures: dict[str, Callable[[], Any]] = {
        "template": lambda: template,
        "states": lambda: json.loads(
            flat(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
        )["States"],
    }
    for name, test in inspect.getmembers(module, inspect.isfunction):
        wanted = list(inspect.signature(test).parameters)
        if not name.startswith("test_") or not wanted or not set(wanted) <= set(fixtures):
            continue
        try:
            test(**{fixture: fixtures[fixture]() for fixture in wanted})
        # A test that stumbles over what is missing has noticed it as well.
        except Exception:  # noqa: BLE001
            return True
    return False


# What every function and log delivery gets, which the tests of those hold.
_ELSEWHERE = ("logs:", "xray:", "dynamodb:PutItem", "lambda:InvokeFunction", "states:")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_dropping_any_grant_fails_a_named_assertion(subject: str) -> None:
    module, build, own = SUBJECTS[subject]
    mutations = [
        mutation
        for mutation in dropped_grants(build().to_json())
        if mutation[0].startswith(own) and not mutation[0].split(": ")[1].startswith(_ELSEWHERE)
    ]
    assert len(mutations) >= 3
    assert [name for name, mutated in mutations if not is_noticed(module, mutated)] == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_dropping_a_property_that_matters_fails_a_named_assertion(subject: str) -> None:
    module, build, own = SUBJECTS[subject]
    mutations = [
        mutation for mutation in dropped_properties(build().to_json()) if mutation[0].startswith(own)
    ]
    assert mutations
    assert [name for name, mutated in mutations if not is_noticed(module, mutated)] == []
