import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import ScaledTanh
from fnbackprop.modules.scaled_tanh import scaled_tanh, scaled_tanh_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [scaled_tanh, scaled_tanh_reference])


@both
def test_gradient_survives_the_tails(function):
    x = np.array([-60, -15, -1, 0, 1e-6, 1, 15, 60], np.float32)
    u = 2 * x.astype(float) / 3
    y, pullback = jax.vjp(function, jnp.asarray(x))
    np.testing.assert_allclose(y, 1.7159 * np.tanh(u), rtol=1e-6)
    np.testing.assert_allclose(pullback(jnp.ones(8))[0], 1.7159 * 2 / 3 / np.cosh(u) ** 2, rtol=2e-5)


@both
def test_infinities_and_nan(function):
    y, pullback = jax.vjp(function, jnp.array([-jnp.inf, jnp.inf, jnp.nan]))
    np.testing.assert_array_equal(y, np.float32([-1.7159, 1.7159, np.nan]))
    np.testing.assert_array_equal(pullback(jnp.ones(3))[0], [0, 0, np.nan])


def test_it_goes_through_one_at_one():
    # LeCun et al.: f(±1) = ±1, to the digits of the constant.
    np.testing.assert_allclose(scaled_tanh(jnp.array([-1.0, 1.0])), [-1, 1], atol=1e-4)


def test_module_tells_how_steep_it_is():
    x = np.linspace(-3, 3, 7)
    (y,), _ = ScaledTanh().apply(ScaledTanh().init(jax.random.key(0)), jnp.float32(x))
    np.testing.assert_allclose(ScaledTanh().slope(y), 1 / np.cosh(2 * x / 3) ** 2, rtol=1e-3)
