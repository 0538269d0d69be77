import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.accuracy import accuracy, binary_accuracy

pytestmark = pytest.mark.quick
OUTPUTS = jnp.array([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [jnp.nan, 0.0]])


def test_one_number_per_example():
    np.testing.assert_array_equal(accuracy(OUTPUTS, jnp.array([1, 1, 0, 0])), [1, 0, 1, 0])


def test_probabilities_stand_for_their_largest_class():
    t = jnp.array([[0.3, 0.7], [0.4, 0.6], [0.6, 0.4], [1.0, 0.0]])
    np.testing.assert_array_equal(accuracy(OUTPUTS, t), [1, 0, 1, 0])


def test_leading_axes_stay():
    assert accuracy(jnp.zeros((2, 3, 4)), jnp.zeros((2, 3), "uint8")).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_binary_accuracy_parts_logits_at_0_and_targets_at_a_half():
    logits, t = jnp.array([2.0, -1.0, 0.5, -3.0, jnp.nan]), jnp.array([1, 0, 0, 1, 0])
    np.testing.assert_array_equal(binary_accuracy(logits, t), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(binary_accuracy(logits[:, None], t), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(binary_accuracy(logits[:2], jnp.array([0.7, 0.6])), [1, 0])


def test_shapes_that_do_not_fit(unchecked_shapes):
    with pytest.raises(ShapeError, match="accuracy got outputs"):
        accuracy(OUTPUTS, jnp.zeros(3, int))
    with pytest.raises(ShapeError, match="binary_accuracy got logits"):
        binary_accuracy(jnp.zeros(6), jnp.zeros((2, 3)))
