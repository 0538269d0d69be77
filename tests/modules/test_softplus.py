import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Softplus
from fnbackprop.modules.softplus import softplus, softplus_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [softplus, softplus_reference])


@both
def test_value_and_slope_in_the_tails(function):
    s = np.array([-87, -20, -1, 0, 1, 20, 1e30], np.float32)
    y, pullback = jax.vjp(function, jnp.asarray(s))
    np.testing.assert_allclose(y, np.logaddexp(0, s.astype(np.float64)), rtol=1e-6)
    want = np.exp(-np.logaddexp(0, -s.astype(np.float64)))
    np.testing.assert_allclose(pullback(jnp.ones(7))[0], want, rtol=1e-5)


@both
def test_infinities_and_nan(function):
    y, pullback = jax.vjp(function, jnp.array([-jnp.inf, jnp.inf, jnp.nan]))
    np.testing.assert_array_equal(y, [0, np.inf, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(3))[0], [0, 1, np.nan])


def test_float16_past_its_exponential():
    y, pullback = jax.vjp(softplus, jnp.float16(1000))  # exp(12) is already infinite there
    assert (float(y), float(pullback(jnp.float16(1))[0])) == (1000, 1)


def test_module():
    assert hash(Softplus()) == hash(Softplus())
    (y,), _ = Softplus().apply(Softplus().init(jax.random.key(0)), jnp.zeros(2))
    np.testing.assert_allclose(y, np.log([2, 2]), rtol=1e-6)
