"""The private names of ministack that the embedded AWS fills or wraps are still there."""

import pytest

from embedded import ministack_names


@pytest.mark.parametrize("name", ministack_names.NAMES)
def test_the_installed_ministack_has(name: str) -> None:
    ministack_names.find(name)


def test_no_name_is_listed_twice() -> None:
    assert len(set(ministack_names.NAMES)) == len(ministack_names.NAMES)


def test_a_missing_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = "ministack.core.lambda_runtime._renamed_by_an_upgrade"
    monkeypatch.setattr(ministack_names, "NAMES", (*ministack_names.NAMES, gone))
    with pytest.raises(ministack_names.MissingName, match=gone):
        ministack_names.find(gone)


def test_an_undeclared_name_is_refused() -> None:
    with pytest.raises(ministack_names.UndeclaredName, match=r"ministack\.app\.main"):
        ministack_names.find("ministack.app.main")
