import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.absolute_error import absolute_error

pytestmark = pytest.mark.quick


def test_mean_over_outputs_for_each_example():
    outputs, targets = jnp.array([[1.0, 4.0], [0.0, 0.0]]), jnp.array([[2.0, 1.0], [0.0, -1.0]])
    np.testing.assert_array_equal(absolute_error(outputs, targets), [2, 0.5])


def test_shapes_that_would_broadcast_are_refused(unchecked_shapes):
    with pytest.raises(ShapeError, match="absolute_error got outputs"):
        absolute_error(jnp.zeros((3, 1)), jnp.zeros(3))
