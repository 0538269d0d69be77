"""The command as people run it: exit codes, files, and what it says. Most runs share this process, to save time."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

import fnbackprop
from fnbackprop import preview
from fnbackprop.cli.commands import app
from fnbackprop.records import format_figures, read_metrics

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "ReLU" }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
training = { epochs = 3 }
"""
FILES = {
    "checkpoints",
    "config.toml",
    "environment.json",
    "lock",
    "log.txt",
    "metrics.jsonl",
    "model.safetensors",
    "report.html",
    "status.json",
}
# The package that is tested, from whichever folder.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(fnbackprop.__file__).parents[1])}
INPUTS = np.array([[5.1, 3.5, 1.4, 0.2], [6.0, 2.9, 4.5, 1.5], [6.9, 3.1, 5.4, 2.1], [5.0, 3.0, 1.6, 0.2]])


def command(*arguments: str, python: Sequence[str] = ()) -> list[str]:
    return [sys.executable, *python, "-m", "fnbackprop", *arguments]


def run(folder: Path, *arguments: str, python: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    return subprocess.run(
        command(*arguments, python=python),
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which the command has trained a network, and what it said."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "iris.toml").write_text(CONFIG)
    np.save(folder / "inputs.npy", INPUTS)
    np.save(folder / "wrong.npy", INPUTS[:, :3])
    return folder, run(folder, "train", "iris.toml", "optimizer.learning_rate=0.02")


@pytest.fixture
def here(trained: tuple[Path, subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command in this process, in that folder."""
    monkeypatch.chdir(trained[0])
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_training_leaves_a_whole_run(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, process = trained
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    path = folder / "runs" / "iris"
    assert {file.name for file in path.iterdir()} == FILES
    status = json.loads((path / "status.json").read_text())
    assert (status["state"], status["step"]) == ("done", 21)
    last = read_metrics(path / "metrics.jsonl")[-1]
    figures = format_figures({name: last[name] for name in ("loss", "accuracy")})
    for told in ("iris: 105 training, 15 validation, 30 test examples", "epoch 3:", figures, "report.html"):
        assert told in process.stdout
        assert told in (path / "log.txt").read_text(encoding="utf-8")
    assert "learning_rate = 0.02" in (path / "config.toml").read_text()
    assert json.loads((path / "environment.json").read_text())["command"][1:3] == ["train", "iris.toml"]
    assert (path / "report.html").read_text(encoding="utf-8").startswith("<!")


def test_a_second_run_has_a_folder_of_its_own(here: Callable[..., Any]) -> None:
    before = {path: path.read_bytes() for path in Path("runs/iris").rglob("*") if path.is_file()}
    result = here("train", "iris.toml", "training.epochs=1")
    assert result.exit_code == 0, result.output
    assert {path.name for path in Path("runs/iris-2").iterdir()} == FILES
    assert {path: path.read_bytes() for path in Path("runs/iris").rglob("*") if path.is_file()} == before


def test_a_run_is_evaluated_anew(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = trained
    process = run(folder, "evaluate", "runs/iris")
    assert process.returncode == 0, process.stderr
    (test,) = [row for row in read_metrics(folder / "runs/iris/metrics.jsonl") if row["kind"] == "test"]
    assert process.stdout.strip() == format_figures({name: test[name] for name in ("loss", "accuracy")})
    assert fnbackprop.evaluate(folder / "runs/iris") == {name: test[name] for name in ("loss", "accuracy")}


def test_predictions_are_the_saved_models(
    trained: tuple[Path, subprocess.CompletedProcess[str]], here: Callable[..., Any]
) -> None:
    folder, _ = trained
    a = {name: array.astype(np.float64) for name, array in load_file("runs/iris/model.safetensors").items()}
    x = (INPUTS - a["normalization.mean"]) / a["normalization.divisor"]
    hidden = np.maximum(x @ a["params.linear_1.weight"].T + a["params.linear_1.bias"], 0)
    logits = hidden @ a["params.linear_2.weight"].T + a["params.linear_2.bias"]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    process = run(folder, "predict", "runs/iris", "inputs.npy", "-o", "outputs.npy")
    assert process.returncode == 0, process.stderr
    assert process.stdout == "wrote outputs of shape (4, 3) to outputs.npy\n"
    np.testing.assert_allclose(np.load("outputs.npy"), logits, rtol=1e-5, atol=1e-5)
    assert here("predict", "runs/iris", "inputs.npy", "-o", "p.npy", "--write", "probabilities").exit_code == 0
    np.testing.assert_allclose(np.load("p.npy"), probabilities, rtol=1e-5)
    assert here("predict", "runs/iris", "inputs.npy", "-o", "c.npy", "--write", "classes").exit_code == 0
    np.testing.assert_array_equal(np.load("c.npy"), logits.argmax(axis=1))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["predict", "runs/iris", "wrong.npy", "-o", "x.npy"], 3, "the model wants numbers of shape (n, 4)"),
        (["predict", "runs/iris", "gone.npy", "-o", "x.npy"], 3, "gone.npy: is not there"),
        (["predict", "runs/gone", "inputs.npy", "-o", "x.npy"], 2, "runs/gone is missing; give the folder of a run"),
        (["predict", "runs/iris", "inputs.npy", "-o", "gone/x.npy"], 2, "cannot write gone/x.npy"),
        (["predict", "runs/iris", "inputs.npy", "-o", "x.npy", "--write", "words"], 2, "'words' is not one of"),
        (["evaluate", "runs"], 2, "runs is not the folder of a run"),
        (["train", "iris.toml", "--run", "runs/iris", "seed=1"], 2, "  seed: 0 before, 1 now"),
        (["train", "iris.toml", "--run", "runs"], 2, "run folder runs is not empty, and holds no run"),
        (["train", "iris.toml", "data={source='csv', path='gone.csv', target='t'}"], 3, "gone.csv: is not there"),
        (["train", "irsi.toml"], 2, "irsi.toml: the file does not exist"),
        (["train", "iris.toml", "model.0={module='own.things:swish'}"], 2, "if you trust it, add --allow own"),
        (["check", "iris.toml", "model.2.features=2"], 2, "model: it ends with 2 outputs for 3 classes"),
        (["check", "iris.toml", "data.batch_size=1000"], 2, "data.batch_size: larger than the 105 training examples"),
        (["check", "iris.toml", "seed"], 2, "override 'seed': wanted key=value"),
        (["new", "mine", "--data", "irsi"], 2, "did you mean 'iris'?"),
        (["nothing"], 2, "No such command 'nothing'"),
        (["train"], 2, "Missing argument"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else None,
)
def test_what_goes_wrong_has_a_code_and_a_reason(
    here: Callable[..., Any], arguments: list[str], code: int, message: str
) -> None:
    result = here(*arguments)
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not Path("x.npy").exists()


def test_nothing_is_said_of_training_that_cannot_begin(here: Callable[..., Any]) -> None:
    assert here("train", "irsi.toml").stdout == ""
    assert here("train", "iris.toml", "data.batch_size=1000").stdout == ""


def test_every_mistake_of_a_config_is_a_line(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = trained
    process = run(folder, "check", "iris.toml", "sed=1", "model.0.feature=8", "data.batch_size=big")
    assert process.returncode == 2
    assert process.stdout == ""
    lines = process.stderr.splitlines()
    assert len(lines) == 3
    for place in ("data.batch_size: should be", "sed: unknown key; did you mean 'seed'?", "model.0.feature: unknown"):
        assert sum(f"iris.toml: {place}" in line for line in lines) == 1


def test_a_run_that_diverges_ends_with_4(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = trained
    arguments = ["optimizer={name='sgd', learning_rate=1e30}", "--run", "diverged"]
    process = run(folder, "train", "iris.toml", *arguments)
    assert process.returncode == 4
    assert "the loss is nan" in process.stderr
    assert "lower optimizer.learning_rate" in process.stderr
    assert "Traceback" not in process.stderr
    status = json.loads((folder / "diverged/status.json").read_text())
    assert status["state"] == "failed"
    assert "the loss is nan" in status["reason"]
    # What was reported stays, and nothing is half there.
    assert {path.name for path in (folder / "diverged").iterdir()} == FILES - {
        "checkpoints",
        "model.safetensors",
        "report.html",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_an_interrupted_run_ends_with_130(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = trained
    arguments = command("train", "iris.toml", "training.epochs=100000000", "--run", "interrupted")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, cwd=folder, env=ENVIRONMENT, **pipes) as process:
        metrics = folder / "interrupted/metrics.jsonl"
        while process.poll() is None and not (metrics.is_file() and metrics.stat().st_size):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.startswith("fnbackprop train: stopped after ")
    assert said.endswith(" steps, and saved; the same command with --run interrupted goes on from there\n")
    assert json.loads((folder / "interrupted/status.json").read_text())["state"] == "stopped"
    assert read_metrics(metrics)[0]["step"] == 7


@pytest.mark.skipif(sys.platform == "win32", reason="its signals are others")
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
@pytest.mark.parametrize("where", ["gc.callbacks.append(interrupt)", "sys.meta_path.insert(0, Finder())"])
def test_an_interruption_is_never_lost(tmp_path: Path, number: int, code: int, word: str, where: str) -> None:
    """Neither in a callback, whose errors nobody sees, nor while the first libraries are imported."""
    program = f"""
import gc, os, sys
def interrupt(*_):
    os.kill(os.getpid(), {int(number)})
class Finder:
    def find_spec(self, name, *_):
        if name == "typer":
            interrupt()
            raise ImportError(name)
from fnbackprop.cli import main
sys.argv = ["fnbackprop", "check", "iris"]
{where}
main()
"""
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    assert (process.returncode, process.stderr) == (code, f"fnbackprop: {word}\n")


def test_help_does_not_wait_for_jax(tmp_path: Path) -> None:
    process = run(tmp_path, "--help", python=["-X", "importtime"])
    assert process.returncode == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in process.stderr.splitlines()}
    assert "typer" in imported
    assert imported.isdisjoint({"jax", "jaxlib", "numpy", "optax", "pydantic", "sklearn", "matplotlib"})
    for name in ("train", "evaluate", "predict", "check", "summary", "schema", "new"):
        assert name in process.stdout


def test_the_version_is_the_projects(here: Callable[..., Any]) -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert here("--version").output == f"{project['version']}\n"


def test_check_summary_schema_and_new(here: Callable[..., Any]) -> None:
    assert here("check", "iris.toml").output == "iris.toml: no mistakes found\n"
    noted, *_ = here("check", "iris.toml", "model.2.features=5").output.splitlines()
    assert noted.startswith("note: iris.toml: model: it ends with 5 outputs for 3 classes; 3 are enough")
    table = here("summary", "iris.toml", "model.0.features=16")
    assert table.exit_code == 0
    for cell in ("linear_2", "ReLU()", "[16, 16]", "131"):
        assert cell in table.output
    assert json.loads(here("schema").output)["properties"]["seed"]["default"] == 0
    assert here("new", "wine").output == "wrote wine.toml\n"
    assert here("check", "wine.toml").exit_code == 0
    assert here("new", "wine").exit_code == 2
    assert here("new", "mine", "--data", "digits").exit_code == 0
    assert 'source = "digits"' in Path("mine.toml").read_text()


def test_a_run_on_text_is_sampled_from(here: Callable[..., Any], tmp_path: Path) -> None:
    letters = "to be or not to be, that is the question. "
    (tmp_path / "text.txt").write_text(letters * 20)
    count = len(set(letters))
    config = tmp_path / "text.toml"
    config.write_text(
        f'model = [{{ module = "Embedding", vocabulary = {count}, features = 8 }},\n'
        f'  {{ module = "Attention", heads = 2, causal = true }}, {{ module = "Linear", features = {count} }}]\n'
        f'data = {{ source = "text", path = "text.txt", folder = "{tmp_path.as_posix()}", context = 8 }}\n'
        'cost = { name = "cross_entropy" }\ntraining = { steps = 3 }\n'
    )
    result = here("train", str(config), "--run", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    result = here("sample", str(tmp_path / "run"), "--prompt", "to ", "--tokens", "12")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("to ")
    assert len(result.stdout.strip("\n")) >= 3 + 12 - 1  # which may end in spaces, though not in lines


def test_own_code_runs_where_it_is_allowed(here: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("own_layers.py").write_text("def double(x):\n    return 2 * x\n")
    override = "model.1={module='own_layers:double'}"
    assert here("check", "iris.toml", override).exit_code == 2
    assert here("check", "iris.toml", override, "--allow", "own_layers").exit_code == 0
    del sys.modules["own_layers"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file's name is text")
@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict"])
def test_what_cannot_be_shown_is_replaced(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / os.fsdecode(b"r\xff")
    folder.mkdir()
    (folder / "config.toml").write_text('title = "…"')
    process = subprocess.run(
        command("runs", "."), cwd=tmp_path, env={**ENVIRONMENT, "PYTHONIOENCODING": encoding}, capture_output=True
    )
    assert process.returncode == 0, process.stderr
    assert b"r?" in process.stdout or "r�".encode() in process.stdout


def test_a_defect_shows_where_it_is(here: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("our fault")

    monkeypatch.setattr(preview, "check", fail)
    result = here("check", "iris.toml")
    assert result.exit_code == 70
    assert "Traceback" in result.stderr
    assert "RuntimeError: our fault" in result.stderr
    assert "defect of fnbackprop" in result.stderr


def test_a_model_that_does_not_fit_into_memory_is_no_defect(
    here: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 40000000000 bytes.\nmore")

    monkeypatch.setattr(preview, "check", fail)
    result = here("check", "iris.toml")
    assert result.exit_code == 2
    assert result.stderr == (
        "fnbackprop check: does not fit into the device's memory: Out of memory allocating 40000000000 bytes; make "
        "data.batch_size or the model smaller\n"
    )


def test_a_platform_that_is_not_there_is_a_mistake(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    process = run(trained[0], "train", "iris.toml", "--platform", "abacus")
    assert process.returncode == 2
    assert "--platform abacus: JAX cannot use it here" in process.stderr
    if not any(device.platform == "gpu" for device in jax.devices()):
        process = run(trained[0], "train", "iris.toml", "--platform", "cuda")
        assert (process.returncode, "[cuda13]" in process.stderr) == (2, True)
        process = run(trained[0], "train", "iris.toml", "--platform", "gpu")
        assert "pip install 'fnbackprop[cuda13]'" in process.stderr
