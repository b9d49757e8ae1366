"""What the layout of the repository promises: import directions, and folders that must not be packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

MAY_IMPORT = {
    "constructs/pinpoint_patterns": {"pinpoint_patterns"},
    "stacks": {"pinpoint_patterns", "stacks"},
    "lambda_src/pinpoint_runtime": {"pinpoint_runtime"},
    "lambda_src/patterns": {"pinpoint_runtime", "patterns"},
    "lambda_src/channels": {"pinpoint_runtime", "patterns", "channels"},
    "lambda_src/engine": {"pinpoint_runtime", "engine"},
    "embedded": {"embedded"},
}
OURS = {
    "pinpoint_patterns",
    "stacks",
    "pinpoint_runtime",
    "patterns",
    "channels",
    "engine",
    "embedded",
    "tools",
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_one_way(room: str) -> None:
    modules = list((ROOT / room).rglob("*.py"))
    assert modules, f"{room} is empty"
    forbidden = {
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules
        for name in _imports(module)
        if name in OURS - MAY_IMPORT[room]
    }
    assert not forbidden


def test_nothing_that_runs_in_lambda_imports_the_cdk() -> None:
    for module in (ROOT / "lambda_src").rglob("*.py"):
        assert not {"aws_cdk", "constructs", "jsii"} & set(_imports(module)), module


def test_the_folder_that_is_named_like_the_library_is_no_package() -> None:
    # With an __init__.py it would hide the library `constructs` from everything that runs here.
    assert not (ROOT / "constructs" / "__init__.py").exists()
    import constructs

    assert constructs.Construct.__module__ == "constructs"


def test_the_tests_are_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
    assert not (ROOT / "tests" / "constructs").exists()


def test_lock_files_name_no_address_to_download_from() -> None:
    for lock in [*ROOT.glob("requirements/*.txt"), ROOT / "lambda_src/requirements.txt"]:
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text, lock
        assert "index" not in text.replace("importlib", ""), lock
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
