import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import LogSigmoid
from fnbackprop.modules.log_sigmoid import log_sigmoid, log_sigmoid_reference
from fnbackprop.modules.softplus import softplus

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [log_sigmoid, log_sigmoid_reference])


@both
def test_value_and_slope_in_the_tails(function):
    s = np.array([-1e30, -20, -1, 0, 1, 20, 87], np.float32)
    y, pullback = jax.vjp(function, jnp.asarray(s))
    np.testing.assert_allclose(y, -np.logaddexp(0, -s.astype(np.float64)), rtol=1e-6)
    want = np.exp(-np.logaddexp(0, s.astype(np.float64)))
    np.testing.assert_allclose(pullback(jnp.ones(7))[0], want, rtol=1e-5)


@both
def test_infinities_and_nan(function):
    y, pullback = jax.vjp(function, jnp.array([-jnp.inf, jnp.inf, jnp.nan]))
    np.testing.assert_array_equal(y, [-np.inf, 0, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(3))[0], [1, 0, np.nan])


def test_is_s_minus_softplus():  # as the lecture writes it: log σ(s) = s − log(1 + eˢ)
    s = jnp.linspace(-4, 4, 9)
    np.testing.assert_allclose(log_sigmoid(s), s - softplus(s), rtol=1e-5, atol=1e-6)


def test_module():
    assert hash(LogSigmoid()) == hash(LogSigmoid())
    assert LogSigmoid().produces == "log-probabilities"
    (y,), _ = LogSigmoid().apply(LogSigmoid().init(jax.random.key(0)), jnp.zeros(2))
    np.testing.assert_allclose(y, -np.log([2, 2]), rtol=1e-6)
