import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Multiply
from fnbackprop.modules.multiply import multiply

pytestmark = pytest.mark.quick


def test_zeros_do_not_hide_the_other_factors():
    y, pullback = jax.vjp(multiply, jnp.array([0.0, 0.0]), jnp.array([3.0, 0.0]), jnp.array([5.0, 7.0]))
    np.testing.assert_array_equal(y, [0, 0])
    np.testing.assert_array_equal(jnp.stack(pullback(jnp.ones(2))), [[15, 0], [0, 0], [0, 0]])


def test_one_factor_and_the_same_factor_twice():
    x = jnp.array([2.0, -3.0])
    np.testing.assert_array_equal(multiply(x), x)
    np.testing.assert_array_equal(jax.grad(lambda x: multiply(x, x).sum())(x), 2 * x)


def test_half_precision_rounds_once_and_sums_a_broadcast_factor_in_float32():
    small = jnp.full(4096, 2.0**-14, jnp.float16)
    # In float16 the square would be 2⁻²⁸, which is 0 there.
    np.testing.assert_array_equal(multiply(small, small, jnp.full(4096, 2.0**14, jnp.float16)), small)
    ones = jnp.ones(4096, jnp.float16)
    assert jax.grad(lambda s: multiply(ones, s).sum(dtype="float32"))(jnp.float16(1)) == 4096


def test_module():
    (y,), _ = Multiply().apply(Multiply().init(jax.random.key(0)), jnp.ones((2, 3)), jnp.arange(3.0))
    np.testing.assert_array_equal(y, [[0, 1, 2], [0, 1, 2]])
