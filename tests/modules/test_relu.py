import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import ReLU
from fnbackprop.modules.relu import relu, relu_reference

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("function", [relu, relu_reference])
def test_gradient_passes_at_both_zeros(function):
    x = jnp.array([-1.0, -0.0, 0.0, 1.0])
    y, pullback = jax.vjp(function, x)
    np.testing.assert_array_equal(y, [0, 0, 0, 1])
    np.testing.assert_array_equal(pullback(jnp.full(4, 3.0))[0], [0, 3, 3, 3])


@pytest.mark.parametrize("function", [relu, relu_reference])
def test_nan_shows_and_infinities_are_exact(function):
    y, pullback = jax.vjp(function, jnp.array([jnp.nan, jnp.inf, -jnp.inf]))
    np.testing.assert_array_equal(y, [np.nan, np.inf, 0])
    np.testing.assert_array_equal(pullback(jnp.ones(3))[0], [1, 1, 0])


def test_dropped_cotangents_are_zero_even_when_infinite():
    _, pullback = jax.vjp(relu, jnp.array([-1.0, -2.0]))
    np.testing.assert_array_equal(pullback(jnp.array([jnp.inf, jnp.nan]))[0], [0, 0])


def test_scale_equivariance():  # lecture, trick C1; powers of two, so that it is exact
    x = jax.random.normal(jax.random.key(0), (50,))
    for a in (0.125, 2.0, 1024.0):
        np.testing.assert_array_equal(relu(a * x), a * relu(x))


def test_keeps_one_byte_a_number():
    residuals = jax.eval_shape(lambda x: jax.vjp(relu, x)[1], jnp.zeros(100))
    assert sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(residuals)) == 100


def test_module():
    module = ReLU()
    assert hash(module) == hash(ReLU())
    (y,), state = module.apply(module.init(jax.random.key(0)), jnp.array([-1.0, 2.0]))
    assert state == ()
    np.testing.assert_array_equal(y, [0, 2])


def test_its_slope_is_0_where_it_returned_0() -> None:
    assert [*ReLU().slope(jnp.float32([0, 1e-30, 5]))] == [0, 1, 1]
