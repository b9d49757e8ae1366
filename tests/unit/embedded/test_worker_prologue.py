"""What a Lambda worker does to its environment before the function is imported."""

from pathlib import Path

import pytest

from embedded import workers
from embedded.workers import prologue


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for layer, content in (("layer_0", "models"), ("layer_1", "other")):
        (tmp_path / layer / content).mkdir(parents=True)
    monkeypatch.setenv("GATEWAY_PORT", "4610")
    monkeypatch.setenv("_LAMBDA_LAYERS_DIRS", f"{tmp_path / 'layer_0'}:{tmp_path / 'layer_1'}")
    return tmp_path


@pytest.mark.parametrize("rest", ["", "/engine", "/engine/v1/apps?x=1"])
def test_the_address_of_an_api_becomes_one_that_resolves(layers: Path, rest: str) -> None:
    variables = prologue.rewritten({"URL": f"https://ab12cd34ef.execute-api.eu-west-1.amazonaws.com{rest}"})
    assert variables == {"URL": f"http://127.0.0.1:4610/_aws/execute-api/ab12cd34ef{rest}"}


@pytest.mark.parametrize("value", ["https://execute-api.us-east-1.amazonaws.com.example.com", "plain", ""])
def test_other_values_are_left_alone(layers: Path, value: str) -> None:
    assert prologue.rewritten({"X": value}) == {"X": value}


def test_a_folder_below_opt_becomes_the_one_in_its_layer(layers: Path) -> None:
    assert prologue.rewritten({"AWS_DATA_PATH": "/opt/models"}) == {
        "AWS_DATA_PATH": str(layers / "layer_0" / "models")
    }


def test_a_folder_that_no_layer_has_stays_missing(layers: Path) -> None:
    assert prologue.rewritten({"X": "/opt/nothing"}) == {"X": "/opt/nothing"}


def test_a_worker_script_that_sets_its_environment_otherwise_is_refused() -> None:
    with pytest.raises(workers.UnknownWorkerScript):
        workers.with_prologue("print('renewed')", port=4610)
