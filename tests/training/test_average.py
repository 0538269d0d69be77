"""The moving average of the parameters, against its sum written out."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop.core.config import PenaltiesConfig
from fnbackprop.costs import SQUARED_ERROR
from fnbackprop.graph import Graph
from fnbackprop.modules import Linear
from fnbackprop.training import Batch, Recipe, initial_state, train_step

pytestmark = pytest.mark.quick

KEY = jax.random.key(5)
X = jax.random.normal(KEY, (6, 3))
T = X[:, :2]
RATE = optax.constant_schedule(0.1)


def test_it_is_the_weighted_mean_of_all_steps_after_the_first() -> None:
    recipe = Recipe(Graph([Linear(2)]), SQUARED_ERROR, PenaltiesConfig(), optax.sgd(0.1), RATE, None, average=0.8)
    state, seen = initial_state(recipe, KEY, X), []
    for _ in range(4):
        state, _ = train_step(state, Batch(X, T), recipe, KEY)
        seen.append(np.asarray(state.variables.params["linear_1"]["weight"], np.float64))
        shares = 0.8 ** np.arange(len(seen))[::-1]
        wanted = np.tensordot(shares / shares.sum(), seen, 1)
        np.testing.assert_allclose(state.outcome.params["linear_1"]["weight"], wanted, rtol=1e-5)
    assert not np.allclose(wanted, seen[-1], rtol=1e-3)


def test_without_it_the_outcome_is_the_parameters() -> None:
    recipe = Recipe(Graph([Linear(2)]), SQUARED_ERROR, PenaltiesConfig(), optax.sgd(0.1), RATE, None)
    state = initial_state(recipe, KEY, X)
    assert state.average is None
    assert state.outcome is state.variables
    assert jnp.all(state.outcome.params["linear_1"]["bias"] == 0)
