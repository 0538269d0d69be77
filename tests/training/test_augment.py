"""Augmentation inside a training step: of the key and the step alone, and in training only."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from fnbackprop.core.config import AugmentConfig, PenaltiesConfig
from fnbackprop.costs import SQUARED_ERROR
from fnbackprop.data import Examples
from fnbackprop.graph import Graph
from fnbackprop.modules import Flatten, Linear
from fnbackprop.training import Batch, Recipe, compile_evaluate, initial_state, train_step

pytestmark = pytest.mark.quick

KEY = jax.random.key(5)
X = np.asarray(jax.random.normal(KEY, (8, 4, 4)))
T = np.zeros((8, 1), np.float32)
RATE = optax.constant_schedule(0.0)
RECIPE = Recipe(Graph([Flatten(), Linear(1)]), SQUARED_ERROR, PenaltiesConfig(), optax.sgd(0.0), RATE, None)._replace(
    augment=AugmentConfig(shift=1, flip=True)
)


def losses(recipe, steps=2, key=KEY):
    state, found = initial_state(recipe, jax.random.key(0), X), []
    for _ in range(steps):
        state, figures = train_step(state, Batch(jnp.asarray(X), jnp.asarray(T)), recipe, key)
        found.append((float(figures["loss"]), float(figures["gradient_norm"])))
    return found


def test_each_step_draws_anew_and_again_the_same():
    first = losses(RECIPE)
    assert first[0] != first[1]
    assert losses(RECIPE) == first
    assert losses(RECIPE, 1, jax.random.key(6)) != first[:1]


def test_parts_of_a_batch_see_the_same_images():
    np.testing.assert_allclose(losses(RECIPE._replace(accumulate=2)), losses(RECIPE), rtol=1e-5)


def test_evaluation_sees_the_images_as_they_are():
    variables = initial_state(RECIPE, jax.random.key(0), X).variables
    evaluate, _ = compile_evaluate(RECIPE, variables, Examples(X, T))
    plain = losses(RECIPE._replace(augment=AugmentConfig()), 1)[0][0]
    assert evaluate(variables, Examples(X, T), range(8))["loss"] == pytest.approx(plain, rel=1e-6)
