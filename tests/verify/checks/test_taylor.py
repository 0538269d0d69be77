"""The remainder's slope: 2 for a right derivative, 1 for a wrong one, whatever the step."""

import jax
import jax.numpy as jnp
import pytest

from ..rules import X, outcome, right_square, rule, wrong_square


def test_a_wrong_derivative_has_slope_one():
    assert outcome("taylor", wrong_square, X).figures["slope"] == pytest.approx(1, abs=0.1)


def test_a_right_derivative_has_slope_two():
    assert outcome("taylor", right_square, X).figures["slope"] == pytest.approx(2, abs=0.1)


def test_a_linear_function_has_no_remainder():
    assert outcome("taylor", rule(lambda x: 3 * x, lambda x, dy: (3 * dy,)), jnp.ones(4)).verdict == "PASS"


def test_at_a_kink_no_slope_tells_anything():
    def largest(x):
        return jnp.max(x, axis=-1)

    def shared(x, dy):
        winners = x == largest(x)[..., None]
        return (dy[..., None] * winners / winners.sum(-1, keepdims=True),)

    assert outcome("taylor", rule(largest, shared), jnp.ones((2, 3))).verdict == "NOT_RUN"


def test_values_that_are_known_to_a_tolerance_only_deny_nothing():
    def root(c):  # of x³ + x = c, by halving an interval
        def halve(_, ends):
            low, high = ends
            middle = (low + high) / 2
            above = middle**3 + middle < c
            return jnp.where(above, middle, low), jnp.where(above, high, middle)

        return jax.lax.fori_loop(0, 40, halve, (-jnp.abs(c) - 1, jnp.abs(c) + 1))[0]

    def with_factor(factor):
        return rule(root, lambda c, dy: (factor * dy / (3 * root(c) ** 2 + 1),))

    assert outcome("taylor", with_factor(1), jnp.array([-3.0, 0.2, 4.0])).verdict != "FAIL"
    assert outcome("taylor", with_factor(1.5), jnp.array([-3.0, 0.2, 4.0])).verdict == "INCONCLUSIVE"
