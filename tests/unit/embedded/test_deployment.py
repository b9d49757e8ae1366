"""What is checked before the CDK CLI deploys into the embedded AWS."""

import json
from pathlib import Path

import pytest

from embedded.deployment import UnknownStack, refuse_unknown
from embedded.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    state.assembly.mkdir()
    kinds = {"Tree": "cdk:tree", "Project": "aws:cloudformation:stack", "Engine": "aws:cloudformation:stack"}
    manifest = {"artifacts": {name: {"type": kind} for name, kind in kinds.items()}}
    (state.assembly / "manifest.json").write_text(json.dumps(manifest))
    return state


@pytest.mark.parametrize("name", ["Postcards", "Tree"])
def test_a_stack_that_the_app_does_not_have_is_refused_with_those_it_has(state: State, name: str) -> None:
    with pytest.raises(UnknownStack, match=f"^no stack is called '{name}': there are Engine, Project$"):
        refuse_unknown(["Project", name], state)
