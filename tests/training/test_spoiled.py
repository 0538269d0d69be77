"""A step that comes to no number changes nothing but the count, or is taken with what is finite of it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop import NonFiniteError
from fnbackprop.core.config import DataConfig, HealthConfig, PenaltiesConfig
from fnbackprop.costs import SQUARED_ERROR
from fnbackprop.data import Examples
from fnbackprop.graph import Graph
from fnbackprop.modules import Linear
from fnbackprop.training import Chunk, Loop, Recipe, TrainState, check_finite, finite_part, initial_state
from fnbackprop.training.spoiled import leave_out

KEY = jax.random.key(0)
X = np.arange(12, dtype=np.float32).reshape(6, 2) / 12
X[2, 1] = np.inf
EXAMPLES = Examples(X, np.ones((6, 1), np.float32))


def run(optimizer: Any, policy: Any, health: HealthConfig | None = None) -> tuple[TrainState, dict[str, np.ndarray]]:
    """Six steps of one example each, of which number 2 has an infinite input."""
    model, rate = Graph([Linear(1, initializer="zeros")]), optax.constant_schedule(0.1)
    recipe = Recipe(model, SQUARED_ERROR, PenaltiesConfig(), optimizer, rate, None, non_finite=policy)
    state = initial_state(recipe, KEY, X[:1])
    loop = Loop(recipe, DataConfig(batch_size=1, shuffle="never"), EXAMPLES, 6, KEY, state, health)
    chunks = list(loop.chunks(state, 6))
    figures = {name: np.concatenate([chunk.figures[name] for chunk in chunks]) for name in chunks[0].figures}
    return chunks[-1].state, figures


def by_hand(skip: int | None) -> np.ndarray:
    w, b = np.zeros(2), 0.0
    for i in range(6):
        if i == skip:
            continue
        error = X[i].astype(np.float64) @ w + b - 1
        w, b = w - 0.1 * 2 * error * X[i], b - 0.1 * 2 * error
    return w


@pytest.mark.quick
@pytest.mark.parametrize("health", [None, HealthConfig(every=2)])
def test_a_skipped_step_is_as_if_it_had_not_been(health: HealthConfig | None) -> None:
    state, figures = run(optax.sgd(0.1), "skip", health)
    assert figures["spoiled"].tolist() == [0, 0, 1, 0, 0, 0]
    assert int(state.step) == 6
    np.testing.assert_allclose(state.variables.params["linear_1"]["weight"][0], by_hand(skip=2), rtol=1e-5)


def test_without_a_policy_it_ends_the_run() -> None:
    chunk = Chunk(0, 6, *run(optax.sgd(0.1), "stop"), np.ones(6), 1.0, [])
    with pytest.raises(NonFiniteError, match=r"step 2: .*training\.non_finite"):
        check_finite(chunk)


def test_every_part_of_the_state_is_left_as_it_was() -> None:
    state, _ = run(optax.noisy_sgd(0.1, key=3), "skip")
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.variables))
    # Its generator has moved on five times, not six.
    assert int(state.optimizer[0].count) == 5


def test_a_reduced_step_is_taken_with_what_is_finite() -> None:
    gradient = {"a": jnp.array([1.0, jnp.nan, -jnp.inf]), "b": jnp.array(2.0)}
    found, _ = finite_part().update(gradient, optax.EmptyState())
    assert jax.tree.map(lambda x: x.tolist(), found) == {"a": [1, 0, 0], "b": 2}


@pytest.mark.parametrize(("reduced", "taken"), [(True, True), (False, False)])
def test_variables_decide_alone_where_the_step_was_reduced(reduced: bool, taken: bool) -> None:
    before = TrainState(jnp.int32(3), {"w": jnp.zeros(2)}, ())
    after = TrainState(jnp.int32(4), {"w": jnp.ones(2)}, ())
    figures = {"loss": jnp.array(jnp.nan), "gradient_norm": jnp.array(1.0)}
    state, told = leave_out(before, after, figures, reduced)
    assert (state.variables["w"].tolist(), int(state.step), float(told["spoiled"])) == ([taken, taken], 4, 1)
    overflown = after._replace(variables={"w": jnp.array([1, jnp.inf])})
    state, told = leave_out(before, overflown, figures | {"loss": jnp.array(0.0)}, reduced)
    assert (state.variables["w"].tolist(), float(told["spoiled"])) == ([0, 0], 1)
