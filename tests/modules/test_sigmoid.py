import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Sigmoid
from fnbackprop.modules.sigmoid import sigmoid, sigmoid_reference
from fnbackprop.modules.softmax import softmax

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [sigmoid, sigmoid_reference])


def logistic(s):
    return np.exp(-np.logaddexp(0, -np.asarray(s, np.float64)))


@both
def test_gradient_survives_the_tails(function):
    s = np.array([-87, -40, -17, -1, 0, 1, 17, 20, 40, 87], np.float32)
    y, pullback = jax.vjp(function, jnp.asarray(s))
    np.testing.assert_allclose(y, logistic(s), rtol=1e-5)
    np.testing.assert_allclose(pullback(jnp.ones(10))[0], logistic(s) * logistic(-s), rtol=1e-5)


@both
def test_infinities_overflow_and_nan(function):
    y, pullback = jax.vjp(function, jnp.array([-jnp.inf, -200.0, 200.0, jnp.inf, jnp.nan]))
    np.testing.assert_array_equal(y, [0, 0, 1, 1, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(5))[0], [0, 0, 0, 0, np.nan])


def test_second_derivative_survives_the_tails():
    s = 30.0
    want = logistic(s) * logistic(-s) * (logistic(-s) - logistic(s))
    assert float(jax.grad(jax.grad(sigmoid))(jnp.float32(s))) == pytest.approx(want, rel=1e-5)


def test_is_the_softmax_of_two_classes():
    s = jnp.linspace(-5, 5, 7)
    y, pullback = jax.vjp(lambda s: softmax(jnp.stack([s, jnp.zeros_like(s)]), axis=0)[0], s)
    np.testing.assert_allclose(sigmoid(s), y, rtol=1e-6)
    np.testing.assert_allclose(jax.vjp(sigmoid, s)[1](jnp.ones(7))[0], pullback(jnp.ones(7))[0], rtol=1e-5)


def test_module():
    assert hash(Sigmoid()) == hash(Sigmoid())
    assert Sigmoid().produces == "probabilities"
    (y,), _ = Sigmoid().apply(Sigmoid().init(jax.random.key(0)), jnp.zeros(2))
    np.testing.assert_array_equal(y, [0.5, 0.5])


def test_its_slope_is_a_share_of_its_steepest() -> None:
    x = np.linspace(-6, 6, 13)
    wanted = np.exp(-x) / (1 + np.exp(-x)) ** 2 / 0.25
    np.testing.assert_allclose(Sigmoid().slope(sigmoid(jnp.float32(x))), wanted, rtol=1e-4)
