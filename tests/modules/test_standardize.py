import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules.standardize import standardize, standardize_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [standardize, standardize_reference])


@both
def test_a_variance_of_zero_is_divided_by_epsilon_alone(function):
    y, pullback = jax.vjp(lambda x: function(x, jnp.ones(1), jnp.zeros(1), epsilon=1e-4), jnp.array([[1.0], [3.0]]))
    np.testing.assert_allclose(y, [[0], [200]], rtol=1e-6)
    np.testing.assert_allclose(pullback(jnp.ones((2, 1)))[0], [[100], [100]], rtol=1e-6)


@both
def test_half_precision_by_statistics_in_float32(function):
    x = jnp.array([[0.0, 600.0]], jnp.float16)
    y = function(x, jnp.full(2, 300.0), jnp.full(2, 90000.0))
    assert y.dtype == jnp.float16
    np.testing.assert_array_equal(y, [[-1, 1]])
