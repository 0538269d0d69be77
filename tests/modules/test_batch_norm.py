from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules.batch_norm import batch_norm, batch_norm_reference, check_batch_norm

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [batch_norm, batch_norm_reference])
rng = np.random.default_rng(0)
X = rng.normal(size=(5, 3)).astype(np.float32)


@both
def test_examples_that_do_not_count_change_nothing(function):
    counted = jnp.array([True, True, False, True, False])
    other = jnp.asarray(X).at[2].set(100)
    of_all = [function(x, counted=counted) for x in (jnp.asarray(X), other)]
    for statistic, changed in zip(of_all[0][1:], of_all[1][1:], strict=True):
        np.testing.assert_array_equal(statistic, changed)
    y, mean, variance = function(jnp.asarray(X[[0, 1, 3]]))
    np.testing.assert_allclose(of_all[0][0][jnp.array([0, 1, 3])], y, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(of_all[0][1], mean, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(of_all[0][2], variance, rtol=1e-5)


@both
def test_gradients_are_those_of_the_batch_without_them(function):
    counted, rows = jnp.array([True, True, False, True, False]), jnp.array([0, 1, 3])
    dy = jnp.float32(rng.normal(size=(5, 3))).at[jnp.array([2, 4])].set(0)
    scale = jnp.array([1.0, 2.0, -1.0])

    def gradients(x, dy, counted):
        return jax.vjp(lambda x, scale: function(x, scale, None, counted)[0], x, scale)[1](dy)

    dx, dscale = gradients(jnp.asarray(X), dy, counted)
    want_dx, want_dscale = gradients(jnp.asarray(X)[rows], dy[rows], None)
    np.testing.assert_allclose(dx[rows], want_dx, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(dx[jnp.array([2, 4])], np.zeros((2, 3)))
    np.testing.assert_allclose(dscale, want_dscale, rtol=1e-5, atol=1e-6)


@both
def test_one_example_that_counts_and_none(function):
    for counted, mean in (([False, True], X[1]), ([False, False], np.zeros(3))):
        y, *statistics = function(jnp.asarray(X[:2]), None, jnp.ones(3), jnp.array(counted))
        np.testing.assert_array_equal(statistics, [mean, np.zeros(3)])
        assert np.isfinite(y).all()
    np.testing.assert_array_equal(function(jnp.asarray(X[:2]), None, jnp.ones(3), jnp.array([False, True]))[0][1], 1)


@both
def test_a_constant_feature_is_exactly_zero_however_large(function):
    x = jnp.full((7, 1), 1e6 / 3)
    y, pullback = jax.vjp(lambda x: function(x, epsilon=1e-4)[0], x)
    np.testing.assert_array_equal(y, np.zeros((7, 1)))
    np.testing.assert_allclose(pullback(jnp.arange(7.0)[:, None])[0][:, 0], 100 * (np.arange(7.0) - 3), atol=1e-4)


@both
def test_half_precision_computes_in_float32(function):
    x = jnp.array([[-300], [300]], jnp.float16)
    y, mean, variance = function(x)
    assert (y.dtype, mean.dtype, variance.dtype) == (jnp.float16, jnp.float32, jnp.float32)
    np.testing.assert_array_equal(y, [[-1], [1]])
    np.testing.assert_array_equal(variance, [90000])


@both
def test_an_empty_batch(function):
    y, mean, variance = function(jnp.zeros((0, 3)))
    assert y.shape == (0, 3)
    np.testing.assert_array_equal([mean, variance], np.zeros((2, 3)))


def test_each_mapped_batch_has_statistics_of_its_own():
    x = jnp.float32(rng.normal(size=(2, 4, 3)))
    y, *_ = jax.vmap(partial(batch_norm, scale=None))(x)
    for i in range(2):
        np.testing.assert_allclose(y[i], batch_norm(x[i])[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "more", "message"),
    [
        ((3,), {}, "examples on the first axis"),
        ((4, 3), {"scale": jnp.ones(4)}, r"scale of shape \(4,\).*wants \(3,\), one number for each feature"),
        ((4, 3), {"counted": jnp.ones(3, bool)}, r"counted of shape \(3,\).*wants \(4,\), one number for each example"),
    ],
)
def test_wrong_shapes_are_refused(shape, more, message):
    with pytest.raises(ShapeError, match=message):
        check_batch_norm(shape, **more)
