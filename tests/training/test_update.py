"""The penalties' two forms, against the lecture's update rule (C7, C8)."""

from typing import Any

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
from fnbackprop.training.update import update_params

pytestmark = pytest.mark.quick

X = jax.random.normal(jax.random.key(0), (6, 3))
T = jax.random.normal(jax.random.key(1), (6, 2))


def params_after(optimizer: optax.GradientTransformation, rate: float, steps: int = 3, **penalties: Any) -> dict:
    recipe = Recipe(
        Graph([Linear(2)]),
        SQUARED_ERROR,
        PenaltiesConfig.model_validate(penalties),
        optimizer,
        optax.constant_schedule(rate),
        None,
    )
    state = initial_state(recipe, jax.random.key(2), X)
    for _ in range(steps):
        state, _ = train_step(state, Batch(X, T), recipe, jax.random.key(3))
    return state.variables.params["linear_1"]


def assert_close(got: dict, wanted: dict) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), got, wanted)


def test_one_step_is_the_lectures_update() -> None:
    rate, alpha = 0.1, 0.03
    before, after = (params_after(optax.sgd(rate), rate, steps, l2=alpha) for steps in (0, 1))
    w, b, x, t = (np.asarray(a, np.float64) for a in (before["weight"], before["bias"], X, T))
    dy = 2 * (x @ w.T + b - t) / len(x)
    np.testing.assert_allclose(after["weight"], (1 - 2 * rate * alpha) * w - rate * dy.T @ x, rtol=1e-5)
    # Biases are left out unless asked for.
    np.testing.assert_allclose(after["bias"], b - rate * dy.sum(0), rtol=1e-5)


def test_penalty_and_decay_are_equal_under_sgd() -> None:
    penalty, decay = (params_after(optax.sgd(0.1), 0.1, l2=0.03, l2_form=form) for form in ("penalty", "decay"))
    assert_close(penalty, decay)


def test_optax_decay_is_twice_alpha() -> None:
    chain = optax.chain(optax.add_decayed_weights(2 * 0.03), optax.sgd(0.1))
    assert_close(params_after(optax.sgd(0.1), 0.1, l2=0.03, biases=True), params_after(chain, 0.1))


def test_under_adam_the_forms_differ_as_computed_by_hand() -> None:
    # λ = 2α = 0.1, η = 0.5, w = 3, no gradient from data: Adam's first step is η whatever the gradient's size.
    w = {"weight": jnp.float32(3)}
    adam = optax.adam(0.5)
    penalty_gradient = {"weight": jnp.float32(2 * 0.05 * 3)}
    updates, _ = adam.update(penalty_gradient, adam.init(w))
    assert update_params(w, updates, PenaltiesConfig(), jnp.float32(0.5))["weight"] - 3 == pytest.approx(-0.5, rel=1e-4)
    decay = PenaltiesConfig(l2=0.05, l2_form="decay")
    nothing = jax.tree.map(jnp.zeros_like, w)
    assert update_params(w, nothing, decay, jnp.float32(0.5))["weight"] - 3 == pytest.approx(-0.15, rel=1e-4)


def test_the_decay_follows_the_scheduled_rate() -> None:
    w, nothing = {"weight": jnp.float32(1)}, {"weight": jnp.float32(0)}
    decay = PenaltiesConfig(l2=0.05, l2_form="decay")
    for rate in (0.5, 0.25):
        after = update_params(w, nothing, decay, jnp.float32(rate))["weight"]
        assert after == pytest.approx(1 - 2 * rate * 0.05)


def test_the_proximal_form_reaches_exact_zeros_and_leaves_biases() -> None:
    params = {"weight": jnp.array([0.05, -0.02, 0.5]), "bias": jnp.array([0.01])}
    nothing = jax.tree.map(jnp.zeros_like, params)
    after = update_params(params, nothing, PenaltiesConfig(l1=0.1, l1_form="proximal"), jnp.float32(0.5))
    np.testing.assert_allclose(after["weight"], [0, 0, 0.45], atol=1e-7)
    assert (after["weight"][:2] == 0).all()
    assert after["bias"] == params["bias"]


def test_a_weight_at_zero_is_not_pushed_off_it_by_l1() -> None:
    recipe = Recipe(
        Graph([Linear(2, initializer="zeros", bias=False)]),
        SQUARED_ERROR,
        PenaltiesConfig(l1=0.1),
        optax.sgd(0.1),
        optax.constant_schedule(0.1),
        None,
    )
    state = initial_state(recipe, jax.random.key(0), X)
    state, figures = train_step(state, Batch(X, jnp.zeros((6, 2))), recipe, jax.random.key(0))
    assert (state.variables.params["linear_1"]["weight"] == 0).all()
    assert figures["l1"] == 0
