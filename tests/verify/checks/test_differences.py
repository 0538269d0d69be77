"""Finite differences do not believe a reference that shares a rule's mistake."""

import jax
import jax.numpy as jnp
import numpy as np

from ..rules import X, outcome, right_square, rule, square, wrong_square


def shares_the_mistake(x):
    # Autodiff of this gives x dy, the value is x².
    return square(x) - square(x) / 2 + wrong_half(x)


wrong_half = rule(lambda x: square(x) / 2, lambda x, dy: (0 * dy,))


def test_a_mistake_that_the_reference_shares_fails():
    assert outcome("reference", wrong_square, X, reference=shares_the_mistake).verdict == "PASS"
    assert outcome("differences", wrong_square, X, reference=shares_the_mistake).verdict == "FAIL"


def test_a_right_rule_passes_at_any_scale():
    for scale in (1e-20, 1.0, 1e15):
        assert outcome("differences", right_square, X * scale).verdict == "PASS"


def test_values_too_coarse_to_decide_are_inconclusive():
    steps = rule(lambda x: jnp.round(1e3 * x) / 1e3 + 0 * x, lambda x, dy: (dy,))
    assert outcome("differences", steps, X).verdict in ("FAIL", "INCONCLUSIVE")


def test_values_that_are_noise_decide_nothing():
    rng = np.random.default_rng(0)

    def noisy(x):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        noise = jax.pure_callback(
            lambda x: rng.normal(size=x.shape).astype(x.dtype), shape, x, vmap_method="sequential"
        )
        return x + 1e-2 * noise

    assert outcome("differences", rule(noisy, lambda x, dy: (5 * dy,)), X).verdict != "PASS"


def test_a_count_of_entries_bears_out_a_derivative_of_zero():
    def count(x):
        return jnp.sum(x > 0).astype(jnp.float32)

    assert outcome("differences", rule(count, lambda x, dy: (jnp.zeros_like(x),)), X).verdict == "PASS"
    assert outcome("differences", rule(count, lambda x, dy: (dy * jnp.ones_like(x),)), X).verdict != "PASS"
