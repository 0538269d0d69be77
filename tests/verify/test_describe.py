"""A setting in words."""

import jax.numpy as jnp
import pytest

from fnbackprop.verify.describe import describe
from fnbackprop.verify.prepare import prepare

pytestmark = pytest.mark.quick


def test_an_argument_that_is_a_function_is_named() -> None:
    def double(x):
        return 2 * x

    case = prepare(lambda f, x, times: f(x) * times, (double, jnp.ones(3), 2), None, "fast", 0, "")
    assert describe(case.given) == "double, float32[3], 2"
