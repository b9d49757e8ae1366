"""Every private name of ministack that the embedded AWS relies on, and the only way to reach one.

ministack has no plug-in interface, so the rooms fill its dictionaries and wrap its functions. An upgrade
may rename any of them: one contract test resolves this list and fails with the name that is gone.
"""

import importlib
from typing import Any, Final

NAMES: Final = (
    # Where services, and what answers for them, are registered.
    "ministack.app.SERVICE_HANDLERS",
    "ministack.app.SERVICE_REGISTRY",
    "ministack.app._loaded_modules",
    "ministack.app.app",
    "ministack.core.router._KNOWN_AWS_SERVICE_NAMES",
    # Lambda's worker processes.
    "ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT",
    "ministack.core.lambda_runtime.reset",
)


class UndeclaredName(LookupError):
    """A room asked for a name of ministack that is not in `NAMES`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not declared: add it to NAMES in embedded/ministack_names.py")
        self.name = name


class MissingName(LookupError):
    """The installed ministack has no such name: it was renamed or removed by an upgrade."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the installed ministack has no {name}: find its new name before upgrading")
        self.name = name


def find(name: str) -> Any:
    """The object behind a declared name.

    Args:
        name: Dotted name of a module's attribute, as listed in `NAMES`.

    Raises:
        UndeclaredName: It is not listed.
        MissingName: The installed ministack does not have it.
    """
    owner, attribute = _owner(name)
    if not hasattr(owner, attribute):
        raise MissingName(name)
    return getattr(owner, attribute)


def replace(name: str, value: object) -> Any:
    """Put `value` in the place of a declared name, and return what was there."""
    original = find(name)
    owner, attribute = _owner(name)
    setattr(owner, attribute, value)
    return original


def _owner(name: str) -> tuple[Any, str]:
    if name not in NAMES:
        raise UndeclaredName(name)
    path, _, attribute = name.rpartition(".")
    try:
        return importlib.import_module(path), attribute
    except ModuleNotFoundError:
        # The attribute of a class: one level further up.
        module, _, holder = path.rpartition(".")
        try:
            owner = getattr(importlib.import_module(module), holder, None)
        except ModuleNotFoundError:
            owner = None
        if owner is None:
            raise MissingName(name) from None
        return owner, attribute
