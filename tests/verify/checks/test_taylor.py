"""The remainder's slope: 2 for a right derivative, 1 for a wrong one, whatever the step."""

import jax.numpy as jnp
import pytest

from ..rules import X, outcome, right_square, rule, wrong_square


def test_a_wrong_derivative_has_slope_one():
    assert outcome("taylor", wrong_square, X).figures["slope"] == pytest.approx(1, abs=0.1)


def test_a_right_derivative_has_slope_two():
    assert outcome("taylor", right_square, X).figures["slope"] == pytest.approx(2, abs=0.1)


def test_a_linear_function_has_no_remainder():
    assert outcome("taylor", rule(lambda x: 3 * x, lambda x, dy: (3 * dy,)), jnp.ones(4)).verdict == "PASS"
