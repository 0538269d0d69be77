"""`fnbackprop graph`: the picture of a config, in this process."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fnbackprop.cli.commands import app

pytestmark = pytest.mark.quick

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "ReLU" }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
training = { epochs = 3 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("it.toml").write_text(CONFIG)
    return tmp_path


def test_a_config_is_drawn_for_one_example(folder: Path) -> None:
    result = CliRunner().invoke(app, ["graph", "it.toml", "-o", "it.dot"])
    assert (result.exit_code, result.output) == (0, "wrote it.dot\n")
    text = Path("it.dot").read_text(encoding="utf-8")
    # Four features; 8 · 4 + 8 parameters; a class for a target.
    for part in ("[1, 4]", "∂y/∂x 8×4", "∂y/∂w 8×40", "cross_entropy", "int32[1]", "[1, 3]"):
        assert part in text


def test_no_data_are_read_where_the_shapes_are_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FNBACKPROP_DATA", str(folder / "empty"))
    for command in (["graph", "mnist_mlp", "-o", "it.dot"], ["summary", "mnist_mlp"]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    assert not (folder / "empty").exists()
    assert "[1, 28, 28, 1]" in Path("it.dot").read_text(encoding="utf-8")


def test_a_model_that_does_not_fit_the_examples_is_told_as_by_check(folder: Path) -> None:
    result = CliRunner().invoke(app, ["graph", "it.toml", "model.2.features=2"])
    assert result.exit_code == 2
    assert "it.toml: model: it ends with 2 outputs for 3 classes" in result.output


def test_overrides_and_examples(folder: Path) -> None:
    command = ["graph", "it.toml", "model.0.features=5", "--examples", "2", "-o", "it.svg"]
    assert CliRunner().invoke(app, command).exit_code == 0
    text = Path("it.svg").read_text(encoding="utf-8")
    assert "Linear(features=5)" in text
    assert "[2, 5]" in text
    assert "10×8" in text


def test_an_unknown_ending_is_a_mistake_of_the_user(folder: Path) -> None:
    result = CliRunner().invoke(app, ["graph", "it.toml", "-o", "it.png"])
    assert result.exit_code == 2
    assert "fnbackprop graph: cannot draw 'it.png': a picture's name ends with .svg, .dot or .mmd" in result.output


def test_a_mistake_in_the_config_is_told_as_by_check(folder: Path) -> None:
    result = CliRunner().invoke(app, ["graph", "it.toml", "model.0.module='mine.layers:L'"])
    assert result.exit_code == 2
    assert "--allow mine" in result.output
