"""Batch normalisation in a training step: what fills up a ragged batch counts nowhere."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop import Context, Graph
from fnbackprop.core.config import HealthConfig, PenaltiesConfig
from fnbackprop.costs import CROSS_ENTROPY
from fnbackprop.modules import BatchNorm, Linear, Tanh
from fnbackprop.training import Batch, Recipe, initial_state, train_step
from fnbackprop.training.health import watched_step

pytestmark = pytest.mark.quick

KEY = jax.random.key(5)
X = jax.random.normal(KEY, (8, 3))
T = jnp.arange(8) % 4
MODEL = Graph([Linear(6), BatchNorm(), Tanh(), Linear(4)])
RECIPE = Recipe(MODEL, CROSS_ENTROPY, PenaltiesConfig(), optax.sgd(0.1), optax.constant_schedule(0.1), None)


def test_a_ragged_batch_is_a_smaller_batch() -> None:
    state = initial_state(RECIPE, KEY, X)
    step = jax.jit(partial(train_step, recipe=RECIPE, key=KEY))
    watched = jax.jit(partial(watched_step, recipe=RECIPE, key=KEY, config=HealthConfig()))
    wanted, figures = step(state, Batch(X[:5], T[:5]))
    filled = Batch(X.at[5:].set(9), T, (jnp.arange(8) < 5).astype(jnp.float32))
    for after, found, *_ in (step(state, filled), watched(state, filled)):
        for a, b in zip(jax.tree.leaves((after, found)), jax.tree.leaves((wanted, figures)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_micro_batches_move_the_running_statistics_one_after_the_other() -> None:
    state = initial_state(RECIPE, KEY, X)
    after, _ = train_step(state, Batch(X, T), RECIPE._replace(accumulate=2), KEY)
    carried = state.variables
    for piece in (X[::2], X[1::2]):
        _, own = MODEL.apply(carried, piece, context=Context(train=True))
        carried = carried._replace(state=own)
    for a, b in zip(jax.tree.leaves(after.variables.state), jax.tree.leaves(carried.state), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
