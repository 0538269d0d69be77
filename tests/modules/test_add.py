import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Add
from fnbackprop.modules.add import add

pytestmark = pytest.mark.quick


def test_each_input_receives_dy_in_its_own_shape():
    xs = (jnp.ones((2, 3)), jnp.ones(3), jnp.ones((2, 1)), jnp.ones(()))
    y, pullback = jax.vjp(add, *xs)
    np.testing.assert_array_equal(y, np.full((2, 3), 4))
    dy = jnp.arange(6.0).reshape(2, 3)
    d1, d2, d3, d4 = pullback(dy)
    np.testing.assert_array_equal(d1, dy)
    np.testing.assert_array_equal(d2, [3, 5, 7])
    np.testing.assert_array_equal(d3, [[3], [12]])
    assert float(d4) == 15


def test_one_input():
    np.testing.assert_array_equal(jax.grad(lambda x: add(x).sum())(jnp.ones(2)), [1, 1])


def test_half_precision_is_rounded_once():
    eps = jnp.bfloat16(1 / 256)  # half a unit in the last place of 1: lost if added one after the other
    assert float(add(jnp.bfloat16(1), eps, eps)) == 1 + 1 / 128


def test_mixed_precision_cotangents_keep_their_dtypes():
    dx1, dx2 = jax.grad(lambda x1, x2: add(x1, x2).sum(), (0, 1))(jnp.ones(2), jnp.ones(2, jnp.bfloat16))
    assert (dx1.dtype, dx2.dtype) == (jnp.float32, jnp.bfloat16)


def test_keeps_nothing():
    assert not jax.tree.leaves(jax.vjp(add, jnp.ones((2, 3)), jnp.ones(3))[1])


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises((TypeError, ValueError), match=r"\(2,\).*\(3,\)"):
        add(jnp.ones(2), jnp.ones(3))


def test_module():
    assert hash(Add()) == hash(Add())
    (y,), _ = Add().apply(Add().init(jax.random.key(0)), jnp.ones(2), jnp.ones(2), jnp.ones(2))
    np.testing.assert_array_equal(y, [3, 3])
