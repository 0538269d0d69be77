"""Mixed precision: modules compute in bfloat16, everything that is kept is float32."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

from fnbackprop.core.config import HealthConfig, PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.graph import Graph
from fnbackprop.modules import Linear, Tanh
from fnbackprop.training import Batch, Recipe, initial_state
from fnbackprop.training.forward import forward
from fnbackprop.training.health import watched_step
from fnbackprop.training.step import find_slope

pytestmark = pytest.mark.quick

KEY = jax.random.key(5)
X = jax.random.normal(KEY, (16, 8))
T = jnp.arange(16) % 4
SEEN: list[Any] = []


def seen(x: Array) -> Array:
    """The identity, which notes what it is given."""
    SEEN.append(x.dtype)
    return x


def recipe_of(precision: Any) -> Recipe:
    rate = optax.constant_schedule(0.1)
    model = Graph([Linear(32), Tanh(), seen, Linear(4)])
    return Recipe(model, CROSS_ENTROPY, PenaltiesConfig(), optax.adam(rate), rate, None, precision=precision)


def test_modules_compute_in_bfloat16_and_the_step_stays_float32() -> None:
    half, single = recipe_of("bfloat16"), recipe_of("float32")
    state = initial_state(half, KEY, X)
    assert forward(state.variables, X, half)[0].dtype == jnp.bfloat16
    SEEN.clear()
    slopes = [find_slope(state, Batch(X, T), recipe, KEY) for recipe in (half, single)]
    assert [SEEN[0], SEEN[-1]] == [jnp.bfloat16, jnp.float32]
    for a, b in zip(*map(jax.tree.leaves, slopes), strict=True):
        assert a.dtype == jnp.float32
        # bfloat16 has 8 bits: 0.4 % a number.
        np.testing.assert_allclose(a, b, rtol=0.05, atol=0.01)
    assert slopes[0].figures["loss"] != slopes[1].figures["loss"]


def test_a_look_at_the_nodes_is_in_the_same_precision() -> None:
    half = recipe_of("bfloat16")
    state = initial_state(half, KEY, X)
    SEEN.clear()
    _, _, look = watched_step(state, Batch(X, T), half, KEY, HealthConfig())
    assert {*SEEN} == {jnp.dtype(jnp.bfloat16)}
    assert look.finite
