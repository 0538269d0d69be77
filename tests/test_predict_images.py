"""A model of images that is asked about files, as by the command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from sklearn.datasets import load_digits
from typer.testing import CliRunner

import fnbackprop
from fnbackprop.cli.commands import app

CONFIG = """\
model = [{ module = "Flatten" }, { module = "Linear", features = 10 }]
data = { source = "digits", images = true, batch_size = 64 }
cost = { name = "cross_entropy" }
optimizer = { name = "adam", learning_rate = 0.01 }
training = { epochs = 3 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model, three digits as an .npy file, and the same as PNG files."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "it.toml").write_text(CONFIG)
    fnbackprop.train(folder / "it.toml", run=folder / "run", console=Console(quiet=True))
    # Of 0 and 16 only, which 8 bits hold exactly.
    digits = np.where(load_digits().images[:3] > 7, 16.0, 0.0)
    np.save(folder / "digits.npy", digits[..., None])
    (folder / "png").mkdir()
    for i, digit in enumerate(digits):
        Image.fromarray((digit * 255 / 16).astype(np.uint8)).save(folder / f"png/{i}.png")
        Image.fromarray((255 - digit * 255 / 16).astype(np.uint8)).save(folder / f"dark{i}.png")
    Image.new("L", (16, 16)).save(folder / "large.png")
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, in that folder."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, ["predict", "run", *arguments])


@pytest.mark.parametrize("kind", ["outputs", "probabilities", "classes"])
def test_files_are_predicted_as_their_pixels_are(here: Callable[..., Any], kind: str) -> None:
    assert here("digits.npy", "-o", "wanted.npy", "--write", kind).exit_code == 0
    result = here("png", "-o", "found.npy", "--write", kind)
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(np.load("found.npy"), np.load("wanted.npy"))


def test_each_file_has_a_line_with_its_class(here: Callable[..., Any]) -> None:
    probabilities = fnbackprop.predict("run", np.load("digits.npy"), "probabilities")
    lines = [f"{row.argmax()} {row.max():.4f}" for row in probabilities]
    assert here("png").output.splitlines() == [f"png/{i}.png: {line}" for i, line in enumerate(lines)]
    inverted = here("dark1.png", "dark0.png", "--invert").output
    assert inverted == f"dark1.png: {lines[1]}\ndark0.png: {lines[0]}\n"
    assert here("large.png", "--resize").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["large.png"], 3, "large.png: has 16×16 pixels; the model wants 8×8: cut it out, or give --resize"),
        (["it.toml"], 3, "it.toml: is no image that can be read"),
        (["png/0.png", "gone.png"], 3, "gone.png: is not there"),
        (["png/0.png", "digits.npy"], 3, "digits.npy: is no image that can be read"),
        (["png", "-o", "gone/x.npy"], 2, "cannot write gone/x.npy"),
        (["digits.npy"], 2, "predictions for an .npy file go into another: give -o OUT.npy, or OUT.csv"),
        (
            ["png", "--write", "classes"],
            2,
            "--write classes says what goes into a file: give -o OUT.npy, or OUT.csv, with it",
        ),
        (["digits.npy", "-o", "x.npy", "--invert"], 2, "--resize, --invert and --white are for images"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_goes_wrong_is_said(here: Callable[..., Any], arguments: list[str], code: int, message: str) -> None:
    result = here(*arguments)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert message in result.stderr
