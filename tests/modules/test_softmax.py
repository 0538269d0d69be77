import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Softmax
from fnbackprop.modules.softmax import softmax, softmax_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [softmax, softmax_reference])
inf = jnp.inf


@both
def test_huge_logits_do_not_overflow(function):
    y, pullback = jax.vjp(function, jnp.array([1e38, 1e38, -1e38]))
    np.testing.assert_array_equal(y, [0.5, 0.5, 0])
    np.testing.assert_array_equal(pullback(jnp.array([1.0, 0.0, 5.0]))[0], [0.25, -0.25, 0])


@both
def test_minus_infinity_has_probability_and_gradient_zero(function):
    y, pullback = jax.vjp(function, jnp.array([0.0, -inf, 0.0]))
    np.testing.assert_array_equal(y, [0.5, 0, 0.5])
    np.testing.assert_array_equal(pullback(jnp.array([1.0, 7.0, 0.0]))[0], [0.25, 0, -0.25])


@both
@pytest.mark.parametrize("row", [[-inf, -inf], [inf, 0.0], [jnp.nan, 0.0]])
def test_where_no_probabilities_exist_the_row_is_nan(function, row):
    y = function(jnp.array([row, [0.0, 0.0]]))
    np.testing.assert_array_equal(y, [[np.nan, np.nan], [0.5, 0.5]])


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
def test_axis(axis):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    y, pullback = jax.vjp(lambda x: softmax(x, axis=axis), jnp.asarray(x))
    want = np.exp(x.astype(np.float64)) / np.exp(x.astype(np.float64)).sum(axis, keepdims=True)
    np.testing.assert_allclose(y, want, rtol=1e-5)
    dy = np.cos(np.arange(24.0)).reshape(x.shape)
    (dx,) = pullback(jnp.asarray(dy, jnp.float32))
    np.testing.assert_allclose(dx, want * (dy - (dy * want).sum(axis, keepdims=True)), atol=1e-6)


def test_no_classes():
    assert softmax(jnp.zeros((3, 0))).shape == (3, 0)


def test_half_precision_computes_in_float32():
    np.testing.assert_array_equal(softmax(jnp.zeros(2**16, jnp.float16)), np.float16(2.0**-16))
    _, pullback = jax.vjp(softmax, jnp.zeros(2, jnp.float16))
    (dx,) = pullback(jnp.array([2048, 2050], jnp.float16))  # their mean, 2049, is no float16
    np.testing.assert_array_equal(dx, [-0.5, 0.5])


def test_module():
    module = Softmax(axis=0)
    assert hash(module) == hash(Softmax(axis=0)) != hash(Softmax())
    assert module.produces == "probabilities"
    (y,), _ = module.apply(module.init(jax.random.key(0)), jnp.zeros((4, 2)))
    np.testing.assert_array_equal(y, np.full((4, 2), 0.25))
