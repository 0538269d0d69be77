"""A sweep agrees with solo training, and goes on where it was stopped."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import fnbackprop
from fnbackprop import sweep
from fnbackprop.cli.commands import app
from fnbackprop.core.arrays import load_arrays
from fnbackprop.core.errors import ConfigError
from fnbackprop.records import read_metrics
from fnbackprop.sweeps.axes import grid, read_axes
from fnbackprop.sweeps.groups import make_groups
from fnbackprop.sweeps.story import _prepare

QUIET = Console(quiet=True)


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


def test_only_what_is_missing_is_trained_when_a_sweep_goes_on() -> None:
    results = sweep("it.toml", ["seed=[0,1]"], console=QUIET).folder / "results.jsonl"
    (first, second), rows = results.read_bytes().splitlines(keepends=True), read_metrics(results)
    results.write_bytes(first + second[:-20])
    told = CliRunner().invoke(app, ["sweep", "it.toml", "seed=[0,1]", "--run", str(results.parent)])
    assert told.exit_code == 0
    assert "results.jsonl: 1 line is no result" in told.output
    assert "2, 1 of them trained before" in told.output
    assert results.read_bytes().startswith(first)
    again = read_metrics(results)
    assert [row["point"] for row in again] == ["0000", "0001"]
    assert again[1]["test"]["loss"] == pytest.approx(rows[1]["test"]["loss"], rel=1e-4)


def test_data_on_the_host_are_for_one_point_at_a_time() -> None:
    with pytest.raises(ConfigError, match=r"it\.toml: data\.device_megabytes: points side by side .* --strict"):
        sweep("it.toml", ["seed=[0,1]", "data.device_megabytes=0.001"], console=QUIET)


def test_lists_that_a_key_takes_are_no_axes() -> None:
    plain, axes = read_axes("it.toml", ["data.sizes=[4]", "seed=[0,1]"])
    assert plain == ("data.sizes=[4]",)
    assert [axis.key for axis in axes] == ["seed"]
    with pytest.raises(ConfigError, match="empty"):
        read_axes("it.toml", ["seed=[]"])


def test_numbers_share_a_program_and_shapes_do_not() -> None:
    same = ["optimizer.learning_rate=[0.01,0.1]", "penalties.l2=[1e-4,1e-3]", "model.1.rate=[0.1,0.4]"]
    plain, axes = read_axes("it.toml", [*same, "seed=[0,1]"])
    (group,) = make_groups(_prepare("it.toml", grid(plain, axes), ()))
    assert len(group.members) == 16
    plain, axes = read_axes("it.toml", [*same[:1], "model.0.features=[4,8]"])
    assert [len(group.members) for group in make_groups(_prepare("it.toml", grid(plain, axes), ()))] == [2, 2]


def test_a_turn_is_one_compiled_program(caplog: pytest.LogCaptureFixture) -> None:
    axes = ["optimizer.learning_rate=[0.01,0.03]", "seed=[0,1,2,3]"]
    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        sweep("it.toml", axes, points_at_once=4, console=QUIET)
    assert sum("Finished XLA compilation of jit(steps)" in record.message for record in caplog.records) == 1


def test_a_point_that_diverges_is_told_and_disturbs_no_other() -> None:
    # The second point's loss overflows; the third must be what it is alone.
    swept = sweep("it.toml", ["optimizer.name=sgd", "optimizer.learning_rate=[0.01,1e30,0.02]"], console=QUIET)
    assert [row["state"] for row in swept.rows] == ["done", "diverged", "done"]
    alone = sweep("it.toml", ["optimizer.name=sgd", "optimizer.learning_rate=[0.02]"], console=QUIET)
    assert swept.rows[2]["test"]["loss"] == pytest.approx(alone.rows[0]["test"]["loss"], rel=1e-4)
    assert swept.best is not None
    assert swept.best["optimizer.learning_rate"] != 1e30


def test_the_command_shows_means_over_seeds_and_a_heat_map() -> None:
    arguments = ["optimizer.learning_rate=[1e-3,1e-2]", "penalties.l2=[1e-4,1e-2]", "seed=[0,1]"]
    told = CliRunner().invoke(app, ["sweep", "it.toml", *arguments, "--keep-runs"])
    assert told.exit_code == 0
    assert told.output.count("±") >= 4
    assert "best" in told.output
    picture = Path("sweeps/it/results.svg").read_text()
    assert "penalties.l2" in picture
    assert "optimizer.learning_rate" in picture
    assert CliRunner().invoke(app, ["evaluate", "sweeps/it/points/0000"]).exit_code == 0
    refused = CliRunner().invoke(app, ["sweep", "it.toml", "optimizer.learning_rate=[1,-1]"])
    assert refused.exit_code == 2
    assert "learning_rate" in refused.output


def test_devices_share_the_points() -> None:
    code = (
        "import fnbackprop, json; rows = fnbackprop.sweep('it.toml', ['seed=[0,1,2,3,4]', 'training.devices={}']).rows;"
        "print(json.dumps([row['test']['loss'] for row in rows]))"
    )
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=4"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    losses = []
    for devices in (1, 4):
        command = [sys.executable, "-c", code.format(devices)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        losses.append(json.loads(done.stdout.splitlines()[-1]))
    np.testing.assert_allclose(*losses, rtol=1e-4)
