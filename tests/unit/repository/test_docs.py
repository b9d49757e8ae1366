"""What the pages say is so: examples run, commands and stacks exist, links lead somewhere."""

import inspect
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

import pinpoint_patterns
from patterns.user_events import catalogue
from patterns.user_events.builders import UserEvent
from pinpoint_patterns import CustomChannel, PinpointProject
from stacks.catalogue import build

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
_PATTERN_ROW = re.compile(r"^\| [^|]+ \| `(\w+)` \| (works|planned)", re.MULTILINE)
_MAKE = re.compile(r"(?:^\$ |`)make ([a-z]+)", re.MULTILINE)


def examples() -> list[Any]:
    return [
        pytest.param(code, id=f"{page.relative_to(ROOT)}:{number}")
        for page in PAGES
        for number, code in enumerate(_PYTHON.findall(page.read_text()), 1)
    ]


def new_app() -> App:
    return App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)


class Reader:
    """What somebody who reads an example has at hand already."""

    def __init__(self) -> None:
        self.app = new_app()
        self.stack = Stack(self.app, "Reader")

    def names(self, code: str) -> dict[str, Any]:
        """The names that an example uses and does not make."""
        given: dict[str, Callable[[], Any]] = {
            "app": lambda: self.app,
            "stack": lambda: self.stack,
            "engine_stack": lambda: Stack(self.app, "EngineStack"),
            "project": lambda: PinpointProject(self.stack, "Given", name="given"),
            "layer": lambda: lambda_.LayerVersion(
                self.stack, "Layer", code=lambda_.Code.from_asset(str(ROOT / "docs"))
            ),
            "CustomChannel": lambda: CustomChannel,
            "ShopStack": lambda: Stack,
            "pinpoint": unsent_client,
            "application_id": lambda: "a" * 32,
            "segment_id": lambda: "b" * 32,
            "delivery_uri": lambda: "arn:aws:lambda:us-east-1:123456789012:function:channel",
        }
        # Compiled alone, an example names what it makes (stored) and what it takes (loaded only).
        module = compile(code, "example", "exec")
        return {name: make() for name, make in given.items() if name in module.co_names}


def unsent_client() -> Any:
    """A client that checks what it is asked against the service model, and sends nothing."""
    client = boto3.client(
        "pinpoint", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.meta.events.register("before-call.pinpoint", lambda **_: (_Answer(), {}))
    return client


class _Answer:
    status_code = 200


@pytest.mark.parametrize("code", examples())
def test_an_example_runs_and_synthesizes(code: str) -> None:
    reader = Reader()
    names = reader.names(code)
    exec(compile(code, "example", "exec"), names)
    app = names.get("app", reader.app)
    assert app.synth().stacks
    if "adapter" in names:
        adapter = names["adapter"]()
        assert callable(adapter.send)
        assert adapter.repeatable in (True, False)


def test_each_ready_made_event_has_an_example() -> None:
    """They are the functions of the catalogue that give an event."""
    written = "".join(code for page in PAGES for code in _PYTHON.findall(page.read_text()))
    made = [
        name
        for name, each in vars(catalogue).items()
        if inspect.isfunction(each) and inspect.signature(each).return_annotation is UserEvent
    ]
    assert len(made) == 13
    assert [name for name in made if f"catalogue.{name}(" not in written] == []


def test_each_construct_has_an_example() -> None:
    written = "".join(code for page in PAGES for code in _PYTHON.findall(page.read_text()))
    exported = {name: getattr(pinpoint_patterns, name) for name in pinpoint_patterns.__all__}
    interface = re.compile("I[A-Z]")
    constructs = {
        name for name, each in exported.items() if issubclass(each, Construct) and not interface.match(name)
    }
    assert {name for name in constructs if name not in written} == set()


def test_the_patterns_that_work_are_the_stacks_of_the_catalogue() -> None:
    app = new_app()
    build(app)
    stacks = {child.stack_name for child in app.node.children if isinstance(child, Stack)}
    rows = dict(_PATTERN_ROW.findall((ROOT / "README.md").read_text()))
    works = {name for name, state in rows.items() if state == "works"}
    assert works == stacks - {"Engine", "Project", "Forget"}
    assert len(rows) == 9


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_a_target_and_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    assert {name for name in _MAKE.findall(text) if name not in targets()} == set()
    assert [link for link in _LINK.findall(text) if not (page.parent / link).exists()] == []


def targets() -> dict[str, str]:
    """The targets that plain `make` lists, each with what it says of it."""
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True).stdout
    return dict(line.removeprefix("  make ").split(maxsplit=1) for line in listed.splitlines())


def test_make_lists_every_command() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared is not None
    assert set(targets()) == set(declared[1].split())


def test_what_our_messages_advise_is_a_target() -> None:
    advised = {
        (str(path.relative_to(ROOT)), name)
        for room in ("embedded", "constructs", "stacks", "lambda_src", "tools", "bench", "tests")
        for path in (ROOT / room).rglob("*.py")
        for name in re.findall(r"`make ([a-z]+)", path.read_text())
    }
    assert {(path, name) for path, name in advised if name not in targets()} == set()
