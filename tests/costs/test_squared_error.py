import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.squared_error import squared_error

pytestmark = pytest.mark.quick
X = jnp.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
T = jnp.array([[0.0, 2.0], [3.0, 1.0], [5.0, 7.0], [7.0, 8.0]])


def test_sums_over_outputs_and_averages_over_examples():
    value, (dx, dt) = jax.value_and_grad(squared_error, (0, 1))(X, T)
    assert value == (1 + 9 + 1) / 4
    np.testing.assert_array_equal(dx, 2 * (np.asarray(X) - np.asarray(T)) / 4)
    np.testing.assert_array_equal(dt, -dx)


def test_padding_of_weight_0_may_be_nan():
    value, dx = jax.value_and_grad(squared_error)(X.at[1].set(jnp.nan), T, jnp.array([1.0, 0.0, 1.0, 0.0]))
    assert value == 1
    np.testing.assert_array_equal(dx, [[1, 0], [0, 0], [0, -1], [0, 0]])


def test_half_precision_returns_float32():
    # 300² overflows float16.
    value, dx = jax.value_and_grad(squared_error)(jnp.array([[300.0]], "float16"), jnp.zeros((1, 1), "float16"))
    assert value == 90000
    assert (dx.dtype, dx.item()) == (jnp.float16, 600)


def test_errors_name_both_shapes(unchecked_shapes):
    with pytest.raises(ShapeError, match=r"squared_error got outputs of shape \(4, 2\) and targets of shape \(4,\)"):
        squared_error(X, jnp.zeros(4))
    with pytest.raises(ShapeError, match="squared_error got weights"):
        squared_error(X, T, jnp.ones(3))
