import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Tanh
from fnbackprop.modules.tanh import tanh, tanh_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [tanh, tanh_reference])


@both
def test_gradient_survives_the_tails(function):
    x = np.array([-43, -12, -1, -0.5, -1e-6, 0, 1e-6, 0.999, 1.001, 9, 12, 43], np.float32)
    y, pullback = jax.vjp(function, jnp.asarray(x))
    np.testing.assert_allclose(y, np.tanh(x.astype(np.float64)), rtol=1e-6)
    np.testing.assert_allclose(pullback(jnp.ones(12))[0], 1 / np.cosh(x.astype(np.float64)) ** 2, rtol=2e-5)


@both
def test_infinities_and_nan(function):
    y, pullback = jax.vjp(function, jnp.array([-jnp.inf, -200.0, 200.0, jnp.inf, jnp.nan]))
    np.testing.assert_array_equal(y, [-1, -1, 1, 1, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(5))[0], [0, 0, 0, 0, np.nan])


@both
def test_second_derivative_is_finite_and_right(function):
    x = np.array([0.0, 0.5, 1.0, 10.0], np.float32)
    want = -2 * np.tanh(x.astype(np.float64)) / np.cosh(x.astype(np.float64)) ** 2
    np.testing.assert_allclose(jax.vmap(jax.grad(jax.grad(function)))(x), want, rtol=2e-5)


def test_module():
    assert hash(Tanh()) == hash(Tanh())
    (y,), _ = Tanh().apply(Tanh().init(jax.random.key(0)), jnp.array([0.0, jnp.inf]))
    np.testing.assert_array_equal(y, [0, 1])


def test_its_slope_is_a_share_of_its_steepest() -> None:
    x = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(Tanh().slope(tanh(jnp.float32(x))), 1 / np.cosh(x) ** 2, rtol=1e-3)
