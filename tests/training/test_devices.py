"""A run on several devices, and one that goes on with another number of them, is the same run to rounding."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from fnbackprop import ConfigError
from fnbackprop.training import Devices

CONFIG = """\
model = [
  { module = "Linear", features = 8 }, { module = "ReLU" }, { module = "Dropout", rate = 0.3 },
  { module = "Linear", features = 3 },
]
data = { source = "iris", batch_size = 16 }
cost = { name = "cross_entropy" }
optimizer = { learning_rate = 0.02 }
health = { every = 50 }
checkpoint = { every_steps = 1 }
"""
SCRIPT = """
import sys
import fnbackprop, jax
assert jax.device_count() == 4
for run, steps, *overrides in (each.split() for each in sys.argv[1:]):
    options = [f"training={{steps={steps}, report_every=3, {overrides[0]}}}"]
    fnbackprop.train("it.toml", options, run=run)
"""


def test_the_number_of_devices_changes_rounding_only(tmp_path: Path) -> None:
    (tmp_path / "it.toml").write_text(CONFIG)
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=4"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    runs = ["one 12 devices=1", "several 6 devices='all'", "several 12 devices=2"]
    subprocess.run([sys.executable, "-c", SCRIPT, *runs], cwd=tmp_path, env=environment, check=True, timeout=300)
    wanted, found = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "several"))
    for name in wanted:
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-4, atol=1e-6)
    for a, b in zip(rows(tmp_path / "several"), rows(tmp_path / "one"), strict=True):
        assert a == pytest.approx(b, rel=1e-3)
    log = (tmp_path / "several/log.txt").read_text(encoding="utf-8")
    assert "devices           4, 4 examples of a batch on each" in log
    assert 'changed           training.devices: "all" before, 2 now' in log


def rows(run: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{k: row[k] for k in ("step", "loss", "accuracy") if k in row} for row in found if row["kind"] != "health"]


def test_no_more_devices_than_there_are() -> None:
    with pytest.raises(ConfigError, match=r"more than the \d+ that JAX has here \(cpu\)"):
        Devices.first(1000)
