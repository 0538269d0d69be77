import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import LogSoftmax
from fnbackprop.modules.log_softmax import log_softmax, log_softmax_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [log_softmax, log_softmax_reference])
inf = jnp.inf


@both
def test_minus_infinity_stays_and_receives_dy(function):
    y, pullback = jax.vjp(function, jnp.array([0.0, -inf, 0.0]))
    np.testing.assert_allclose(y, [-np.log(2), -inf, -np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(pullback(jnp.array([1.0, 2.0, 4.0]))[0], [1 - 7 / 2, 2, 4 - 7 / 2], rtol=1e-6)


@both
def test_saturated_logits_keep_their_gradient(function):  # jax.nn: log(softmax) is NaN, softmax's output gives 0
    y, pullback = jax.vjp(function, jnp.array([200.0, 0.0]))
    np.testing.assert_array_equal(y, [0, -200])
    np.testing.assert_array_equal(pullback(jnp.array([0.0, -1.0]))[0], [1, -1])


@both
@pytest.mark.parametrize("row", [[-inf, -inf], [jnp.nan, 0.0]])
def test_where_no_probabilities_exist_the_row_is_nan(function, row):
    y, pullback = jax.vjp(function, jnp.array([row, [0.0, 0.0]]))
    np.testing.assert_allclose(y, [[np.nan, np.nan], [-np.log(2)] * 2], rtol=1e-6)
    np.testing.assert_array_equal(pullback(jnp.ones((2, 2)))[0], [[np.nan, np.nan], [0, 0]])


@both
def test_plus_infinity(function):
    np.testing.assert_array_equal(function(jnp.array([inf, 0.0])), [np.nan, -inf])


@both
def test_float16_over_65536_classes_has_a_finite_right_gradient(function):
    n = 2**16  # the sum of exponentials, and Σ dy, are past float16's largest number
    y, pullback = jax.vjp(function, jnp.zeros(n, jnp.float16))
    np.testing.assert_array_equal(y, np.float16(-np.log(n)))
    (dx,) = pullback(jnp.full(n, 8, jnp.float16).at[0].set(1000))
    mean = (8 * (n - 1) + 1000) / n
    np.testing.assert_allclose(dx[0], 1000 - mean, rtol=1e-3)
    np.testing.assert_allclose(dx[1:], 8 - mean, rtol=1e-3)


def test_half_precision_gradient_does_not_use_the_rounded_output():
    # −log(1000) in bfloat16 is wrong by 0.01: exp of it by 1 %, where a bfloat16 can hold 0.4 %.
    _, pullback = jax.vjp(log_softmax, jnp.zeros(1000, jnp.bfloat16))
    (dx,) = pullback(jnp.zeros(1000, jnp.bfloat16).at[0].set(1))
    np.testing.assert_array_equal(dx[1:], jnp.bfloat16(-0.001))


def test_idempotent():  # so a log-softmax before a cost that takes logits changes nothing
    x = jax.random.normal(jax.random.key(0), (5, 7))
    np.testing.assert_allclose(log_softmax(log_softmax(x)), log_softmax(x), atol=1e-6)


def test_axis():
    x = jnp.array([[0.0, 1.0], [0.0, 3.0]])
    np.testing.assert_allclose(log_softmax(x, axis=0), log_softmax(x.T).T, rtol=1e-6)


def test_module():
    module = LogSoftmax()
    assert hash(module) == hash(LogSoftmax(axis=-1)) != hash(LogSoftmax(axis=0))
    assert module.produces == "log-probabilities"
    (y,), _ = module.apply(module.init(jax.random.key(0)), jnp.zeros((2, 4)))
    np.testing.assert_allclose(y, np.full((2, 4), -np.log(4)), rtol=1e-6)
