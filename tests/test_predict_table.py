"""A model of a table that is asked about another one, as by the command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from sklearn.datasets import load_iris
from typer.testing import CliRunner

import fnbackprop
from fnbackprop.cli.commands import app

CONFIG = """\
model = [{ module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 30 }
cost = { name = "cross_entropy" }
optimizer = { name = "adam", learning_rate = 0.1 }
training = { epochs = 20 }
"""
IRIS = load_iris()
ROWS = [0, 60, 140]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model and three irises as an .npy file, and as CSV with the columns in another order."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "it.toml").write_text(CONFIG)
    fnbackprop.train(folder / "it.toml", run=folder / "run", console=Console(quiet=True))
    np.save(folder / "new.npy", IRIS.data[ROWS])
    names = ["who", *reversed(IRIS.feature_names)]
    rows = [[f"number {i}", *IRIS.data[i][::-1]] for i in ROWS]
    (folder / "new.csv").write_text("\n".join(",".join(map(str, row)) for row in [names, *rows]))
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, in that folder."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, ["predict", "run", *arguments])


@pytest.mark.parametrize("kind", ["outputs", "probabilities", "classes"])
def test_rows_are_predicted_as_their_numbers_are(here: Callable[..., Any], kind: str) -> None:
    assert here("new.npy", "-o", "wanted.npy", "--write", kind).exit_code == 0
    result = here("new.csv", "-o", "found.npy", "--write", kind)
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(np.load("found.npy"), np.load("wanted.npy"))


def test_each_row_has_a_line_with_its_class_and_probability(here: Callable[..., Any]) -> None:
    probabilities = fnbackprop.predict("run", np.load("new.npy"), "probabilities")
    wanted = [
        f"line {line}: {IRIS.target_names[row.argmax()]} {row.max():.4f}"
        for line, row in zip((2, 3, 4), probabilities, strict=True)
    ]
    assert here("new.csv").stdout.splitlines() == wanted
    assert here("new.csv", "-o", "out.npy").stdout.splitlines() == [*wanted, "wrote outputs of shape (3, 3) to out.npy"]


@pytest.mark.parametrize("inputs", ["new.npy", "new.csv"])
def test_what_the_numbers_of_classes_mean_is_told(here: Callable[..., Any], inputs: str) -> None:
    *_, wrote, told = here(inputs, "-o", "out.npy", "--write", "classes").stdout.splitlines()
    assert wrote == "wrote classes of shape (3,) to out.npy"
    assert told == "0 is setosa, 1 is versicolor, 2 is virginica"


@pytest.mark.parametrize("inputs", ["new.npy", "new.csv"])
def test_another_kind_of_file_is_not_written(here: Callable[..., Any], inputs: str) -> None:
    result = here(inputs, "-o", "out.txt")
    assert result.exit_code == 2
    assert "as .npy or .csv: give out.txt a name that ends so" in result.output
    assert not Path("out.txt").exists()


@pytest.mark.parametrize(("inputs", "what", "names"), [("new.npy", "row", "012"), ("new.csv", "line", "234")])
def test_a_name_in_csv_is_a_table(here: Callable[..., Any], inputs: str, what: str, names: str) -> None:
    *_, wrote = here(inputs, "-o", "out.csv", "--write", "probabilities").stdout.splitlines()
    assert wrote == "wrote probabilities of shape (3, 3) to out.csv"
    header, *rows = [line.split(",") for line in Path("out.csv").read_text().splitlines()]
    assert header == [what, "setosa", "versicolor", "virginica"]
    assert [row[0] for row in rows] == [*names]
    wanted = fnbackprop.predict("run", np.load("new.npy"), "probabilities")
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], np.float32), wanted)
    *_, wrote = here(inputs, "-o", "out.csv", "--write", "classes").stdout.splitlines()
    assert wrote == "wrote classes of shape (3,) to out.csv"
    header, *rows = [line.split(",") for line in Path("out.csv").read_text().splitlines()]
    assert header == [what, "class"]
    assert [row[1] for row in rows] == [*IRIS.target_names]


def test_inputs_are_not_replaced_by_predictions(here: Callable[..., Any]) -> None:
    for inputs in ("new.csv", "new.npy"):
        before = Path(inputs).read_bytes()
        result = here(inputs, "-o", f"../{Path.cwd().name}/{inputs}")
        assert result.exit_code == 2
        assert "would take the place of their inputs" in result.output
        assert Path(inputs).read_bytes() == before


def test_outputs_beyond_the_classes_have_numbers(here: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def spare(trained: Any, inputs: np.ndarray) -> np.ndarray:
        return np.float32([[0, 0, 0, 9]] * len(inputs))

    monkeypatch.setattr(fnbackprop.training, "predict", spare)
    assert here("new.csv").stdout.splitlines()[0] == "line 2: output_4 0.9996"


def test_what_is_for_images_is_refused(here: Callable[..., Any]) -> None:
    result = here("new.csv", "--invert")
    assert result.exit_code == 2
    assert "--invert and --white are for images" in result.output
