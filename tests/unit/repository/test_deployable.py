import json
from pathlib import Path

import pytest

from tools.deployable import main, retired_resources


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    stacks = {
        "Project": (["AWS::Pinpoint::App"], []),
        "EngagementEvents": (["AWS::Pinpoint::EventStream", "AWS::Kinesis::Stream"], ["Project"]),
        "Reports": (["AWS::S3::Bucket"], ["EngagementEvents"]),
    }
    artifacts = {}
    for name, (types, dependencies) in stacks.items():
        resources = {f"R{i}": {"Type": t} for i, t in enumerate(types)}
        (tmp_path / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": dependencies,
        }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return tmp_path


def test_a_stack_with_a_retired_type_is_refused_by_name(assembly: Path) -> None:
    with pytest.raises(SystemExit, match=r"EngagementEvents: AWS::Pinpoint::EventStream"):
        main("pinpoint", "EngagementEvents", assembly)


def test_a_retired_type_in_a_stack_that_would_come_along_is_refused(assembly: Path) -> None:
    with pytest.raises(SystemExit, match=r"EngagementEvents"):
        main("pinpoint", "Reports", assembly)


def test_a_stack_of_living_types_passes(assembly: Path) -> None:
    main("pinpoint", "Project", assembly)


def test_the_hosted_engine_needs_no_look(assembly: Path) -> None:
    main("hosted", "--all", assembly)


def test_an_unknown_stack_is_named_with_those_that_exist(assembly: Path) -> None:
    with pytest.raises(SystemExit, match=r"no stack is called 'Nope'.*Project"):
        main("pinpoint", "Nope", assembly)


def test_a_live_type_is_not_retired() -> None:
    assert retired_resources({"Resources": {"A": {"Type": "AWS::Pinpoint::GCMChannel"}}}) == []
