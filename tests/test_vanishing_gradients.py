"""The lecture's claim (C11): gradients vanish on their way down a deep sigmoid network, and not down its ReLU twin."""

from pathlib import Path

import jax
import jax.numpy as jnp
from rich.console import Console

import fnbackprop
from fnbackprop import build
from fnbackprop.build.config_file import shipped_configs
from fnbackprop.records import read_metrics
from fnbackprop.training import Batch, initial_state
from fnbackprop.training.health import places, watched, watched_step
from fnbackprop.training.look import name_look

CONFIG = """\
model = [{ module = "Linear", features = 4 }, { module = "Sigmoid" }, { module = "Linear", features = 3 }]
data = { source = "iris", batch_size = 15, validation = 0 }
cost = { name = "cross_entropy" }
training = { epochs = 2 }
health = { every = 3, vanishing = 0.999 }
"""


def test_the_twins_differ_in_their_activation_only() -> None:
    sigmoid, relu = (shipped_configs()[f"deep_{name}"].read_text().split("\n", 2)[2] for name in ("sigmoid", "relu"))
    assert sigmoid.replace("Sigmoid", "ReLU") == relu


def first_to_last(name: str) -> float:
    """How much smaller the gradient's norm is at the first layer than at the last, before any training."""
    plan = build.read_plan(name)
    data = build.build_data(plan.source, plan.config.data)
    recipe, config = build.build_recipe(plan, data), plan.config
    assert config.health
    batch = Batch(*(jnp.asarray(values[: config.data.batch_size]) for values in data.splits.examples))
    key = jax.random.key(config.seed)
    state = initial_state(recipe, key, batch.inputs)
    look = jax.jit(lambda state: watched_step(state, batch, recipe, key, config.health)[2])(state)
    nodes = name_look(look, watched(recipe.model), places(recipe.model)).nodes
    norms = [figures["gradient_norm"] for figures in nodes.values() if "gradient_norm" in figures]
    assert len(norms) == 12
    return norms[0] / norms[-1]


def test_only_the_sigmoids_gradients_vanish() -> None:
    # A sigmoid's slope is at most 1/4, and weights of variance 2/64 make a gradient's norm √2 times larger: 11 times.
    assert first_to_last("deep_sigmoid") < 10 * (2**0.5 / 4) ** 11
    assert first_to_last("deep_relu") > 0.1


def test_a_run_records_warns_and_draws(tmp_path: Path) -> None:
    (tmp_path / "it.toml").write_text(CONFIG)
    run = fnbackprop.train(tmp_path / "it.toml", run=tmp_path / "run", console=Console(quiet=True)).run
    looks = [row for row in read_metrics(run / "metrics.jsonl") if row["kind"] == "health"]
    # 120 irises to train on: 8 steps an epoch.
    assert [(look["step"], look["epoch"]) for look in looks] == [(step, step / 8) for step in (0, 3, 6, 9, 12, 15)]
    assert all(list(look["nodes"]) == ["linear_1", "sigmoid_1", "linear_2"] for look in looks)
    log = (run / "log.txt").read_text(encoding="utf-8")
    for name in ("linear_1", "linear_2"):
        assert sum("vanished" in line and line.endswith(f": {name}") for line in log.splitlines()) <= 1
    assert "warning at step 0: vanished gradients, less than 0.999 of the norm at linear_" in log
    assert "Gradient norm of each node" in (run / "report.html").read_text(encoding="utf-8")
