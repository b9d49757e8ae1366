"""All stacks together: what a review reads, and what looks at every one of them."""

import json
import re
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import yaml
from aws_cdk import App, Stack, Validations
from aws_cdk.aws_s3 import Bucket
from cdk_nag import AwsSolutionsChecks
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.support.catalogue import synthesize

ENGINES = ("hosted", "pinpoint")
STACKS = (
    "Engine",
    "Project",
    "SegmentImport",
    "AudienceSync",
    "CustomChannels",
    "EngagementEvents",
    "CampaignHooks",
    "TwoWaySms",
    "SendMessage",
    "UserEndpoints",
    "UserEvents",
    "Forget",
)
_HASH = re.compile(r"\b[0-9a-f]{64}\b")


class YamlTemplate(SingleFileSnapshotExtension):
    """One YAML file a stack and engine, in construct order, without what changes with each line of code."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: Any, **_: Any) -> str:
        text = yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False, width=110, allow_unicode=True)
        return _HASH.sub("<hash>", text)


@cache
def templates(engine: str) -> dict[str, dict[str, Any]]:
    return synthesize(engine, Path(mkdtemp()))


def _violations(assembly: Path) -> set[str]:
    report = json.loads((assembly / "validation-report.json").read_text())
    return {violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]}


def types(template: dict[str, Any]) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("stack", STACKS)
def test_the_template_is_the_one_that_was_reviewed(
    stack: str, engine: str, snapshot: SnapshotAssertion
) -> None:
    assert templates(engine)[stack] == snapshot(extension_class=YamlTemplate)


@pytest.mark.parametrize("engine", ENGINES)
def test_there_is_one_stack_a_pattern(engine: str) -> None:
    assert set(templates(engine)) == set(STACKS)


@pytest.mark.parametrize("engine", ENGINES)
def test_nag_finds_nothing_that_was_not_accepted_with_a_reason(engine: str, tmp_path: Path) -> None:
    synthesize(engine, tmp_path, nag=True)
    assert _violations(tmp_path) == set()


def test_nag_looks_at_what_is_synthesized(tmp_path: Path) -> None:
    app = App(builtin_cloud_formation_validation=False, outdir=str(tmp_path))
    Bucket(Stack(app, "Stack"), "Open")
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()
    assert any("S10" in name for name in _violations(tmp_path))


@pytest.mark.parametrize("engine", ENGINES)
def test_cloudformations_own_rules_find_nothing(engine: str, tmp_path: Path) -> None:
    synthesize(engine, tmp_path, validation=True)
    assert _violations(tmp_path) == set()


def test_hosted_stacks_hold_no_resource_of_pinpoint() -> None:
    for name, template in templates("hosted").items():
        assert not [kind for kind in types(template) if kind.startswith("AWS::Pinpoint::")], name


def test_stacks_on_pinpoint_hold_no_resource_of_the_engine() -> None:
    for name, template in templates("pinpoint").items():
        assert not [kind for kind in types(template) if kind.startswith("Custom::Pinpoint")], name


@pytest.mark.parametrize(
    ("stack", "outputs"),
    [
        ("Project", {"ApplicationId"}),
        ("SegmentImport", {"BucketName", "NotificationTopicArn"}),
        (
            "AudienceSync",
            {"QueueUrl", "DeadLettersUrl", "FilesQueueUrl", "StateTableName", "ImportBucketName"},
        ),
        (
            "CustomChannels",
            {
                "WebhookDeliveryUri",
                "WebhookSecretArn",
                "InboxDeliveryUri",
                "InboxTableName",
                "OffersDeliveryUri",
            },
        ),
        ("TwoWaySms", {"TopicArn", "DeadLettersUrl", "UndeliveredUrl"}),
        (
            "CampaignHooks",
            {"FrequencyCapFunctionArn", "AuditFunctionArn", "OfferFunctionArn", "OfferSecretArn"},
        ),
        (
            "SendMessage",
            {"QueueUrl", "DeadLettersUrl", "RecipientsBucketName", "EventBusName", "EmailTemplateName"},
        ),
        ("EngagementEvents", {"StreamName", "CallbackSecretArn"}),
        ("UserEvents", {"QueueUrl", "DeadLettersUrl", "UndeliveredUrl", "EventBusName"}),
        ("UserEndpoints", {"ApiUrl", "CallbackSecretArn", "CallbackDeadLettersUrl"}),
        ("Forget", {"FunctionName"}),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_each_stack_outputs_what_a_caller_needs(stack: str, outputs: set[str], engine: str) -> None:
    assert outputs <= set(templates(engine)[stack]["Outputs"])
