"""A sweep agrees with solo training, and goes on where it was stopped."""

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import fnbackprop
from fnbackprop.core.errors import ConfigError
from fnbackprop.records import load_arrays
from fnbackprop.sweep import sweep
from fnbackprop.sweep.axes import read_axes

CONFIG = """\
model = [{ module = "Linear", features = 8 }, { module = "Dropout", rate = 0.2 }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
optimizer = { learning_rate = 0.01 }
training = { epochs = 2 }
"""
QUIET = Console(quiet=True)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("it.toml").write_text(CONFIG)


@pytest.mark.parametrize("strict", [False, True])
def test_a_point_is_what_train_gives(strict: bool) -> None:
    axes = ["optimizer.learning_rate=[0.01,0.03]", "seed=[0,1]"]
    swept = sweep("it.toml", axes, strict=strict, keep_runs=True, console=QUIET)
    alone = fnbackprop.train("it.toml", ["optimizer.learning_rate=0.03", "seed=1"], console=QUIET)
    mine, solo = (folder / "model.safetensors" for folder in (swept.folder / "points/0003", alone.run))
    if strict:
        assert mine.read_bytes() == solo.read_bytes()
    (found, _), (wanted, _) = load_arrays(mine), load_arrays(solo)
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-5)
    assert (swept.folder / "results.png").stat().st_size
    assert (swept.folder / "best.toml").is_file()


def test_finished_points_are_not_trained_again() -> None:
    first = sweep("it.toml", ["seed=[0,1]"], console=QUIET)
    before = (first.folder / "results.jsonl").read_bytes()
    sweep("it.toml", ["seed=[0,1]"], run=first.folder, console=QUIET)
    assert (first.folder / "results.jsonl").read_bytes() == before
    assert len([json.loads(line) for line in before.splitlines()]) == 2


def test_lists_that_a_key_takes_are_no_axes() -> None:
    plain, axes = read_axes("it.toml", ["data.sizes=[4]", "seed=[0,1]"])
    assert plain == ("data.sizes=[4]",)
    assert [axis.key for axis in axes] == ["seed"]
    with pytest.raises(ConfigError, match="empty"):
        read_axes("it.toml", ["seed=[]"])
