"""Accumulated gradients are those of the whole batch."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop import Context, Variables
from fnbackprop.core.config import HealthConfig, PenaltiesConfig
from fnbackprop.core.module import Module
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.graph import Graph
from fnbackprop.modules import Dropout, Linear, Tanh
from fnbackprop.training import Batch, Recipe, initial_state, train_step
from fnbackprop.training.health import places, watched, watched_step
from fnbackprop.training.look import name_look
from fnbackprop.training.step import find_slope

pytestmark = pytest.mark.quick

KEY = jax.random.key(5)
X = jax.random.normal(KEY, (12, 3))
T = jnp.arange(12) % 4


def recipe_of(*modules: Any, parts: int = 1) -> Recipe:
    rate = optax.constant_schedule(0.1)
    penalties = PenaltiesConfig(l2=0.01)
    return Recipe(Graph(modules), CROSS_ENTROPY, penalties, optax.sgd(0.1), rate, None, accumulate=parts)


@pytest.mark.parametrize("weights", [None, jnp.arange(12) % 4 < 2], ids=["full", "weighted, with empty pieces"])
def test_gradient_and_figures_equal_the_whole_batchs(weights: Any) -> None:
    recipe = recipe_of(Linear(8), Tanh(), Linear(4))
    weights = None if weights is None else weights.astype(jnp.float32)
    state, batch = initial_state(recipe, KEY, X), Batch(X, T, weights)
    whole, parts = (find_slope(state, batch, recipe._replace(accumulate=n), KEY) for n in (1, 4))
    for a, b in zip(jax.tree.leaves(whole[:3]), jax.tree.leaves(parts[:3]), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)
    assert parts.figures.keys() == whole.figures.keys()


def test_each_piece_has_its_own_randomness() -> None:
    recipe = recipe_of(Dropout(0.5), parts=2)
    same = jnp.repeat(jnp.arange(1.0, 25).reshape(6, 4), 2, axis=0)
    targets = jnp.repeat(T[:6], 2)
    state, batch = initial_state(recipe, KEY, same), Batch(same, targets)
    loss = find_slope(state, batch, recipe, KEY).figures["loss"]
    first = find_slope(state, Batch(same[::2], targets[::2]), recipe._replace(accumulate=1), KEY).figures["loss"]
    assert loss != pytest.approx(float(first), rel=1e-3)


class Counter(Module):
    def init(self, key: Any, *specs: Any) -> Variables:
        return Variables(state=jnp.zeros(3))

    def apply(self, variables: Variables, x: Any, *, context: Context = Context()) -> Any:
        return (x,), variables.state * 2 + x.sum(0)


def test_state_goes_from_piece_to_piece() -> None:
    recipe = recipe_of(Counter(), Linear(4), parts=3)
    state, _ = train_step(initial_state(recipe, KEY, X), Batch(X, T), recipe, KEY)
    sums = [np.asarray(X)[i::3].sum(0) for i in range(3)]
    np.testing.assert_allclose(state.variables.state["counter_1"], 4 * sums[0] + 2 * sums[1] + sums[2], rtol=1e-5)


def test_the_piece_that_goes_wrong_is_looked_at() -> None:
    recipe = recipe_of(Linear(5), Tanh(), Linear(4), parts=3)
    spoiled = X.at[7, 0].set(jnp.inf)
    state = initial_state(recipe, KEY, X)
    state = state._replace(step=jnp.int32(1))
    look = jax.jit(lambda s: watched_step(s, Batch(spoiled, T), recipe, KEY, HealthConfig())[2])(state)
    health = name_look(jax.device_get(look), watched(recipe.model), places(recipe.model))
    assert health.non_finite == "the inputs"
