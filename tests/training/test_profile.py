"""A profile of real steps: its parts are those of the program, and it leaves the training alone."""

import gzip
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop.core.config import DataConfig, PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.data import Examples
from fnbackprop.graph import Graph, place_of
from fnbackprop.modules import Linear, Tanh
from fnbackprop.training import Loop, Recipe, find_limits, initial_state, profile, profile_steps

RANDOM = np.random.default_rng(0)
EXAMPLES = Examples(RANDOM.normal(size=(96, 64)).astype(np.float32), RANDOM.integers(0, 4, 96).astype(np.int32))
RATE = optax.constant_schedule(0.1)
RECIPE = Recipe(Graph([Linear(256), Tanh(), Linear(4)]), CROSS_ENTROPY, PenaltiesConfig(), optax.sgd(0.1), RATE, None)


def test_the_nodes_share_the_time_of_a_step(tmp_path: Path) -> None:
    state = initial_state(RECIPE, jax.random.key(0), jax.ShapeDtypeStruct((32, 64), np.float32))
    loop = Loop(RECIPE, DataConfig(batch_size=32), EXAMPLES, 96, jax.random.key(1), state)
    before = jax.tree.map(np.array, state)
    found = profile_steps(loop, state, tmp_path, steps=3)
    assert sum(found.operations.values()) == pytest.approx(found.seconds)
    places = {place_of(name, RECIPE.model) for name in found.operations}
    assert {("linear_1", "forward"), ("linear_1", "backward"), ("linear_2", "forward")} <= {*places - {None}}
    jax.tree.map(np.testing.assert_array_equal, before, state)


def test_only_operations_of_the_program_count_and_loops_by_what_they_hold(tmp_path: Path) -> None:
    program = 'HloModule jit_f, x\n  %dot.1 = f32[] dot(a), metadata={op_name="f/dot"}\n  %while = () while(b)\n'
    events = [
        {"ph": "X", "dur": 5, "args": {"hlo_op": "dot.1", "hlo_module": "jit_f"}},
        {"ph": "X", "dur": 7, "args": {"hlo_op": "copy", "hlo_module": "jit_f"}},
        {"ph": "X", "dur": 11, "args": {"hlo_op": "while", "hlo_module": "jit_f"}},
        {"ph": "X", "dur": 13, "args": {"hlo_op": "dot.1", "hlo_module": "jit_g"}},
        {"ph": "X", "dur": 17, "args": {}},
        {"ph": "M", "name": "process_name"},
    ]
    trace = tmp_path / "it.trace.json.gz"
    trace.write_bytes(gzip.compress(json.dumps({"traceEvents": events}).encode()))
    assert profile._busy_times(trace, program) == pytest.approx({"f/dot": 5e-6, "": 7e-6})


def test_limits_are_reached_by_what_they_are_measured_with() -> None:
    limits = find_limits("float32")
    assert limits.flops > 1e8
    assert limits.bytes > 1e7
    assert jnp.isfinite(limits.flops)
