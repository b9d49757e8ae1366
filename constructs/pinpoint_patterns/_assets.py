"""Where the code that runs in Lambda is, in the repository and in the wheel, and how it ships.

Our own code needs no build: an asset is the source tree filtered to a function's folders, so that
editing one function changes one hash. Third-party packages are one layer, installed on this machine: they
are pure Python, so no container is needed.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import jsii
from aws_cdk import (
    AssetHashType,
    BundlingOptions,
    DockerImage,
    IgnoreMode,
    ILocalBundling,
    Stack,
)
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

_HERE: Final = Path(__file__).resolve().parent
_LAYER_ID: Final = "PinpointPatternsDependencies"
RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE: Final = lambda_.Architecture.ARM_64


def lambda_source_root() -> Path:
    """The folder that Lambda sees as its root: beside this module in a wheel, in `lambda_src` in a checkout.

    Raises:
        FileNotFoundError: Neither is there: the package was installed without its Lambda code.
    """
    for candidate in (_HERE / "lambda_src", _HERE.parents[1] / "lambda_src"):
        if (candidate / "pinpoint_runtime").is_dir():
            return candidate
    raise FileNotFoundError(
        f"the Lambda code of pinpoint_patterns is missing near {_HERE}: reinstall the package"
    )


def lambda_code(*folders: str) -> lambda_.Code:
    """The code of one function: `pinpoint_runtime` and the given folders of the Lambda source root.

    Args:
        folders: Paths below the source root, such as `patterns/segment_import` or `engine`.

    Raises:
        FileNotFoundError: A folder does not exist.
    """
    root = lambda_source_root()
    for folder in folders:
        if not (root / folder).is_dir():
            raise FileNotFoundError(f"no folder {folder!r} below {root}: name one that holds a handler")
    return lambda_.Code.from_asset(str(root), exclude=_exclusions(*folders), ignore_mode=IgnoreMode.GIT)


def _exclusions(*folders: str) -> list[str]:
    """Git-style rules that leave out all but the folders: each parent is opened, then closed around them."""
    rules = ["/*"]
    opened: set[str] = set()
    for folder in ("pinpoint_runtime", *folders):
        parts = folder.split("/")
        for depth in range(1, len(parts)):
            parent = "/" + "/".join(parts[:depth])
            if parent not in opened:
                rules += [f"!{parent}", f"{parent}/*", f"!{parent}/__init__.py"]
                opened.add(parent)
        rules.append(f"!/{folder}")
    return [*rules, "__pycache__", "*.py[cod]"]


@jsii.implements(ILocalBundling)
class _PipInstall:
    """Installs a hashed requirements file as a Lambda layer expects it, with uv where it is, else pip."""

    def __init__(self, requirements: Path) -> None:
        self._requirements = requirements

    def try_bundle(self, output_dir: str, options: BundlingOptions) -> bool:  # noqa: ARG002 (jsii's contract)
        target = Path(output_dir) / "python"
        uv = shutil.which("uv", path=str(Path(sys.executable).parent))
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
        installer = [uv, "pip", "install", "--python", sys.executable] if uv else pip
        subprocess.run(
            [
                *installer,
                "--quiet",
                "--require-hashes",
                "--no-deps",
                "--target",
                str(target),
                "--requirement",
                str(self._requirements),
            ],
            check=True,
            timeout=300,
        )
        for cache in target.rglob("__pycache__"):
            shutil.rmtree(cache)
        return True


def dependencies_layer(scope: Construct) -> lambda_.ILayerVersion:
    """The layer of third-party packages, one for each stack, made on first use.

    A layer is not shared across stacks: an exported layer version could never be replaced while
    another stack uses it.
    """
    stack = Stack.of(scope)
    existing = stack.node.try_find_child(_LAYER_ID)
    if isinstance(existing, lambda_.LayerVersion):
        return existing
    requirements = lambda_source_root() / "requirements.txt"
    return lambda_.LayerVersion(
        stack,
        _LAYER_ID,
        description="Powertools for AWS Lambda, pinned",
        code=lambda_.Code.from_asset(
            str(requirements.parent),
            exclude=["*", "!requirements.txt"],
            ignore_mode=IgnoreMode.GIT,
            asset_hash_type=AssetHashType.SOURCE,
            bundling=_bundling(requirements),
        ),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
    )


def _bundling(requirements: Path) -> BundlingOptions:
    return BundlingOptions(
        # Never pulled: the local bundling below always answers.
        image=DockerImage.from_registry("public.ecr.aws/sam/build-python3.13"),
        local=_PipInstall(requirements),  # type: ignore[arg-type]
    )
