"""The eraser looks through every place where the stacks keep something, or the page says why not."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from tests.infra.test_catalogue import ENGINES, templates
from tests.support.templates import flat

PAGE: Final = Path(__file__).resolve().parents[2] / "docs/forget.md"
# What else there is holds no data of its own.
KEEPS: Final = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
)
_IMPORTED: Final = re.compile(r"^(?P<stack>\w+):ExportsOutputRef(?P<resource>\w+?)[0-9A-F]{8}$")


def said_to_stay() -> dict[str, str]:
    """The page's patterns, `Stack.LogicalId`, each with its reason."""
    text = PAGE.read_text().partition("## What it leaves, and why")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    return {
        pattern: reason.strip() for places, _, reason in rows for pattern in re.findall(r"`([^`]+)`", places)
    }


def kept(engine: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Stack, logical id and resource of each place but work queues: their messages go on or become dead."""
    for stack, template in templates(engine).items():
        if engine == "pinpoint" and stack == "Engine":
            continue  # It is there, and nothing runs on it.
        redriven = {
            name: resource["Properties"]["RedrivePolicy"]
            for name, resource in template["Resources"].items()
            if "RedrivePolicy" in resource.get("Properties", {})
        }
        for name, resource in template["Resources"].items():
            if resource["Type"] in KEEPS and name not in redriven:
                yield stack, name, resource


def erased(engine: str) -> set[tuple[str, str]]:
    """Stack and logical id of each of the eraser's stores."""
    found: set[tuple[str, str]] = set()
    for resource in templates(engine)["Forget"]["Resources"].values():
        if resource["Type"] == "AWS::SSM::Parameter":
            for part in resource["Properties"]["Value"]["Fn::Join"][1]:
                name = part.get("Fn::ImportValue", "") if isinstance(part, dict) else ""
                if imported := _IMPORTED.match(name):
                    found.add((imported["stack"], imported["resource"]))
    return found


def without_hash(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_place_is_erased_from_or_the_page_says_why_not(engine: str) -> None:
    stores, patterns = erased(engine), said_to_stay()
    unknown = [
        f"{stack}.{without_hash(name)}"
        for stack, name, _ in kept(engine)
        if (stack, name) not in stores
        and not any(fnmatchcase(f"{stack}.{without_hash(name)}", pattern) for pattern in patterns)
    ]
    assert unknown == []


def test_the_page_excuses_nothing_that_is_erased_from_or_gone() -> None:
    stores = erased("hosted")
    there = {f"{stack}.{without_hash(name)}": (stack, name) in stores for stack, name, _ in kept("hosted")}
    for pattern, reason in said_to_stay().items():
        excused = [name for name in there if fnmatchcase(name, pattern)]
        assert excused, f"nothing is called {pattern}"
        assert not [name for name in excused if there[name]], pattern
        assert reason


@pytest.mark.parametrize("engine", ENGINES)
def test_dead_letters_of_functions_stay_empty_since_nobody_calls_those_without_waiting(engine: str) -> None:
    stores = erased(engine)
    for stack, template in templates(engine).items():
        resources = template["Resources"]
        targets = flat([each["Properties"] for each in resources.values() if each["Type"] in CALLERS])
        for name, resource in resources.items():
            letters = resource.get("Properties", {}).get("DeadLetterConfig", {}).get("TargetArn")
            if resource["Type"] == "AWS::Lambda::Function" and letters:
                place = (stack, letters["Fn::GetAtt"][0])
                assert place in stores or f"<{name}." not in targets, name


# What calls a function and does not wait for its answer.
CALLERS: Final = ("AWS::Events::Rule", "AWS::SNS::Subscription", "AWS::Scheduler::Schedule")


@pytest.mark.parametrize("engine", ENGINES)
def test_no_other_stack_needs_the_eraser(engine: str) -> None:
    others = {name: template for name, template in templates(engine).items() if name != "Forget"}
    assert not [name for name, template in others.items() if "Forget:" in str(template)]
