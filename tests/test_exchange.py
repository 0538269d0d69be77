"""What a run is worth to others: weights that PyTorch loads, a program that runs alone; and weights from elsewhere."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

import fnbackprop
from fnbackprop import CheckpointError, ConfigError, DataError, exchange, experiment
from fnbackprop.cli.commands import app
from fnbackprop.records import read_metrics

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "ReLU" }, { module = "Dropout" },
  { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
training = { epochs = 2 }
"""
INPUTS = np.array([[5.1, 3.5, 1.4, 0.2], [6.0, 2.9, 4.5, 1.5], [6.9, 3.1, 5.4, 2.1]], np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a config and a finished run of it."""
    folder = tmp_path_factory.mktemp("exchange")
    (folder / "it.toml").write_text(CONFIG)
    fnbackprop.train(folder / "it.toml", run=folder / "run", console=Console(quiet=True))
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, in that folder."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_a_stack_is_named_as_a_sequential_is(folder: Path, here: Callable[..., Any]) -> None:
    result = here("export", "run", "-o", "model.safetensors")
    assert result.output == "wrote 0.bias, 0.weight, 3.bias, 3.weight to model.safetensors\n"
    weights, saved = load_file("model.safetensors"), load_file("run/model.safetensors")
    assert {name: w.shape for name, w in weights.items()} == {
        "0.weight": (8, 4),
        "0.bias": (8,),
        "3.weight": (3, 8),
        "3.bias": (3,),
    }
    assert weights["3.weight"].tobytes() == saved["params.linear_2.weight"].tobytes()
    with safe_open("model.safetensors", framework="np") as file:
        told = {name: json.loads(text) for name, text in file.metadata().items() if name != "format"}
    assert told["classes"] == ["setosa", "versicolor", "virginica"]
    x = (INPUTS - np.array(told["normalization"]["mean"])) / np.array(told["normalization"]["divisor"])
    outputs = np.maximum(x @ weights["0.weight"].T + weights["0.bias"], 0) @ weights["3.weight"].T + weights["3.bias"]
    np.testing.assert_allclose(fnbackprop.predict("run", INPUTS), outputs, rtol=1e-4, atol=1e-5)


def test_weights_are_not_called_what_they_are_not(here: Callable[..., Any]) -> None:
    result = here("export", "run", "-o", "model.pt")
    assert result.exit_code == 2
    assert "give model.pt a name that ends in .safetensors" in result.stderr
    assert not Path("model.pt").exists()


@pytest.mark.torch
def test_pytorch_loads_it_and_agrees(folder: Path, here: Callable[..., Any]) -> None:
    torch = pytest.importorskip("torch")
    assert here("export", "run", "-o", "torch.safetensors").exit_code == 0
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)).eval()
    model.load_state_dict({name: torch.from_numpy(w.copy()) for name, w in load_file("torch.safetensors").items()})
    saved = load_file("run/model.safetensors")
    x = (INPUTS - saved["normalization.mean"]) / saved["normalization.divisor"]
    found = model(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(fnbackprop.predict("run", INPUTS), found, rtol=1e-5, atol=1e-6)


def test_a_program_runs_without_this_package(folder: Path, here: Callable[..., Any]) -> None:
    assert here("export", "run", "--stablehlo", "-o", "model.hlo").exit_code == 0
    np.save("inputs.npy", INPUTS)
    program = """
import sys
sys.modules["fnbackprop"] = None
import jax, numpy as np
from jax import export
model = export.deserialize(bytearray(open("model.hlo", "rb").read()))
np.save("outputs.npy", model.call(np.load("inputs.npy")))
assert model.call(np.zeros((7, 4), np.float32)).shape == (7, 3)
"""
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
    np.testing.assert_allclose(np.load("outputs.npy"), fnbackprop.predict("run", INPUTS), rtol=1e-5, atol=1e-6)


def test_without_flatbuffers_the_remedy_is_said(here: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flatbuffers", None)
    result = here("export", "run", "--stablehlo", "-o", "none.hlo")
    assert result.exit_code == 2
    assert "pip install 'fnbackprop[export]'" in result.stderr
    assert not Path("none.hlo").exists()


def test_weights_come_back_in(here: Callable[..., Any]) -> None:
    exchange.export_weights("run", "again.safetensors")
    result = here("import", "it.toml", "again.safetensors", "--run", "imported")
    assert result.output == "made imported\n"
    assert fnbackprop.evaluate("imported") == fnbackprop.evaluate("run")
    np.testing.assert_array_equal(fnbackprop.predict("imported", INPUTS), fnbackprop.predict("run", INPUTS))
    status = json.loads(Path("imported/status.json").read_text())
    assert (status["state"], status["step"]) == ("stopped", 0)
    said = here("export", "imported", "-o", "imported.safetensors").stderr
    assert said == "note: run imported is stopped; its model is of when it was last stopped, done or imported\n"
    assert not here("export", "run", "-o", "imported.safetensors").stderr
    # Training goes on from these weights, not from fresh ones, and never without them.
    with pytest.raises(ConfigError, match="another config; import its weights with this one into another folder"):
        fnbackprop.train("it.toml", ["optimizer.learning_rate=0.5"], run="imported", console=Console(quiet=True))
    Path("imported/checkpoints").rename("elsewhere")
    with pytest.raises(CheckpointError, match="imported has no checkpoint, but was saved at step 0; bring"):
        fnbackprop.train("it.toml", run="imported", console=Console(quiet=True))
    Path("elsewhere").rename("imported/checkpoints")
    fnbackprop.train("it.toml", ["training.report_every=1"], run="imported", console=Console(quiet=True))
    first, last = (
        [row["loss"] for row in read_metrics(Path(run) / "metrics.jsonl") if row["kind"] == "train"][at]
        for run, at in (("imported", 0), ("run", 0))
    )
    assert first < last


def test_weights_that_do_not_fit_are_refused_by_name(here: Callable[..., Any]) -> None:
    good = {"0.weight": np.zeros((8, 4), np.float32), "0.bias": np.zeros(8, np.float32)}
    good |= {"3.weight": np.zeros((3, 8), np.float32), "3.bias": np.zeros(3, np.float32)}
    bad = {
        **good,
        "0.weight": np.zeros((4, 8), np.float32),
        "3.bias": np.zeros(3, np.float64),
        "4.weight": good["0.bias"],
    }
    save_file(bad, "bad.safetensors")
    result = here("import", "it.toml", "bad.safetensors", "--run", "refused")
    assert result.exit_code == 3
    for line in (
        "  0.weight: got float32[4, 8], wanted float32[8, 4]",
        "  3.bias: got float64[3], wanted float32[3]",
        "  4.weight: not part of this model",
    ):
        assert line in result.stderr.splitlines()
    save_file({"0.bias": good["0.bias"]}, "bad.safetensors")
    with pytest.raises(DataError, match=r"  0\.weight: missing\n  3\.bias: missing"):
        experiment.begin_with("it.toml", "bad.safetensors", run="refused")
    with pytest.raises(DataError, match="is a run's own model; import what `fnbackprop export RUN -o FILE` writes"):
        experiment.begin_with("it.toml", "run/model.safetensors", run="refused")
    assert not Path("refused").exists()
    # What is left of a run is still one.
    shutil.copytree("run", "rest")
    Path("rest/config.toml").unlink()
    for held in ("run", "rest"):
        with pytest.raises(ConfigError, match=f"{held} holds a run"):
            experiment.begin_with("it.toml", "again.safetensors", run=held)
    assert Path("rest/metrics.jsonl").read_bytes() == Path("run/metrics.jsonl").read_bytes()
