import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Max
from fnbackprop.modules.maximum import maximum, maximum_reference

pytestmark = pytest.mark.quick
nan, inf = float("nan"), float("inf")


@pytest.mark.parametrize("function", [maximum, maximum_reference])
@pytest.mark.parametrize(
    ("x1", "x2", "y", "first"),
    [
        (2, 1, 2, 1),
        (1, 2, 2, 0),
        (1, 1, 1, 0),  # a tie is the second's
        (0.0, -0.0, 0, 0),
        (inf, inf, inf, 0),
        (-inf, -inf, -inf, 0),
        (nan, 1, nan, 1),  # a NaN shows, and gets the gradient
        (1, nan, nan, 0),
        (nan, nan, nan, 1),
    ],
)
def test_who_wins(function, x1, x2, y, first):
    got, (dx1, dx2) = jax.value_and_grad(function, (0, 1))(jnp.float32(x1), jnp.float32(x2))
    np.testing.assert_array_equal(got, np.float32(y))
    assert (float(dx1), float(dx2)) == (first, 1 - first)


def test_a_tie_of_zeros_shows_the_second():
    assert np.signbit(maximum(jnp.float32(0.0), jnp.float32(-0.0)))


def test_broadcast_inputs_get_the_sum():
    x1, x2 = jnp.array([[1.0, 5.0], [3.0, -1.0]]), jnp.array([2.0, 0.0])
    dx1, dx2 = jax.vjp(maximum, x1, x2)[1](jnp.array([[1.0, 10.0], [100.0, 1000.0]]))
    np.testing.assert_array_equal(dx1, [[0, 10], [100, 0]])
    np.testing.assert_array_equal(dx2, [1, 1000])


def test_infinite_cotangents_stay_with_the_winner():
    dx1, dx2 = jax.vjp(maximum, jnp.ones(1), jnp.zeros(1))[1](jnp.full(1, jnp.inf))
    assert (float(dx1[0]), float(dx2[0])) == (inf, 0)


def test_keeps_one_byte_a_number():
    residuals = jax.eval_shape(lambda a, b: jax.vjp(maximum, a, b)[1], jnp.zeros(100), jnp.zeros(100))
    assert sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(residuals)) == 100


def test_module():
    assert hash(Max()) == hash(Max())
    (y,), _ = Max().apply(Max().init(jax.random.key(0)), jnp.array([1.0, 4.0]), jnp.array([3.0, 2.0]))
    np.testing.assert_array_equal(y, [3, 4])
