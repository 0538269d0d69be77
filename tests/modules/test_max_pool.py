from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import MaxPool
from fnbackprop.modules.max_pool import max_pool, max_pool_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("rule", [max_pool, max_pool_reference])


def value_and_gradient(rule, x, **options):
    y, pullback = jax.vjp(lambda x: rule(x, **options), jnp.asarray(x)[None, ..., None])
    (dx,) = pullback(1 + jnp.arange(float(y.size)).reshape(y.shape))
    return y[0, ..., 0], dx[0, ..., 0]


@both
def test_a_tie_goes_to_the_last_in_row_major_order(rule):
    _, dx = value_and_gradient(rule, [[3.0, 3, 1, 5], [3, 0, 5, 1]])
    np.testing.assert_array_equal(dx, [[0, 0, 0, 0], [1, 0, 2, 0]])
    _, dx = value_and_gradient(rule, jnp.zeros((2, 2)))
    np.testing.assert_array_equal(dx, [[0, 0], [0, 1]])


@both
def test_a_nan_wins_and_the_last_of_several(rule):
    y, dx = value_and_gradient(rule, [jnp.nan, 9, jnp.nan, 9, jnp.inf, jnp.nan, 1, 2, 3], window=3)
    np.testing.assert_array_equal(y, [jnp.nan, jnp.nan, 3])
    np.testing.assert_array_equal(dx, [0, 0, 1, 0, 0, 2, 0, 0, 3])


@both
def test_padding_never_wins(rule):
    # Not even against −∞, which it is equal to.
    y, dx = value_and_gradient(rule, [-7.0, *[-jnp.inf] * 3], window=3, padding=((1, 1),))
    np.testing.assert_array_equal(y, [-7, -jnp.inf])
    np.testing.assert_array_equal(dx, [1, 0, 0, 2])


@both
def test_odd_sizes_leave_the_rest_or_are_padded(rule):
    y, dx = value_and_gradient(rule, [1.0, 2, 3])
    np.testing.assert_array_equal((*y, *dx), [2, 0, 1, 0])
    y, dx = value_and_gradient(rule, [1.0, 2, 3], padding="same")
    np.testing.assert_array_equal((*y, *dx), [2, 3, 0, 1, 2])


@both
def test_windows_that_overlap_and_that_leave_gaps(rule):
    _, dx = value_and_gradient(rule, [1.0, 5, 2, 7], window=3, stride=1)
    np.testing.assert_array_equal(dx, [0, 1, 0, 2])
    _, dx = value_and_gradient(rule, [1.0, 5, 2, 7, 3], window=3, stride=1)
    np.testing.assert_array_equal(dx, [0, 1, 0, 2 + 3, 0])
    _, dx = value_and_gradient(rule, [5.0, 1, 9, 2, 7], window=2, stride=3)
    np.testing.assert_array_equal(dx, [1, 0, 0, 0, 2])


def test_keeps_one_byte_for_each_output():
    residuals = jax.tree.leaves(jax.vjp(max_pool, jnp.zeros((2, 8, 8, 3)))[1])
    assert [(a.size, a.dtype) for a in residuals] == [(2 * 4 * 4 * 3, jnp.uint8)]


def test_a_window_of_more_places_than_a_byte_counts():
    pool = jax.jit(partial(max_pool, window=300))
    _, dx = value_and_gradient(pool, jnp.zeros(300).at[299].set(1.0))
    np.testing.assert_array_equal(jnp.nonzero(dx)[0], [299])


def test_an_empty_batch():
    y, pullback = jax.vjp(max_pool, jnp.zeros((0, 4, 4, 1)))
    assert (y.shape, pullback(y)[0].shape) == ((0, 2, 2, 1), (0, 4, 4, 1))


def test_module():
    module = MaxPool(window=(1, 3), stride=2, padding="same")
    assert module.apply(module.init(jax.random.key(0)), jnp.zeros((2, 5, 6, 3)))[0][0].shape == (2, 3, 3, 3)
    with pytest.raises(ShapeError, match=r"MaxPool got \(1, 4\) places of space.*reach over \(2, 2\)"):
        MaxPool().apply(module.init(jax.random.key(0)), jnp.zeros((2, 1, 4, 3)))
