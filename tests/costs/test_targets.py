import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.targets import (
    check_binary_targets,
    check_class_targets,
    check_value_targets,
    target_probabilities,
)

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32"])
def test_numbers_of_classes_of_any_type_become_one_hot(dtype):
    t = target_probabilities(jnp.array([2, 0], dtype), jnp.zeros((2, 300)))
    np.testing.assert_array_equal(np.argwhere(t), [[0, 2], [1, 0]])
    assert t.dtype == jnp.float32


def test_a_number_that_is_no_class_is_nan_in_its_row_only():
    t = target_probabilities(jnp.array([-1, 3, 2]), jnp.zeros((3, 3)))
    np.testing.assert_array_equal(t, [[np.nan] * 3, [np.nan] * 3, [0, 0, 1]])


def test_probabilities_take_the_type_that_the_outputs_are_computed_in():
    assert target_probabilities(jnp.ones((2, 3), "bfloat16"), jnp.ones((2, 3), "float16")).dtype == jnp.float32


def test_class_targets_that_do_not_fit():
    logits = jnp.zeros((4, 3))
    with pytest.raises(
        ShapeError, match=r"cost got outputs of shape \(4, 3\) and numbers of classes of shape \(4, 3\)"
    ):
        check_class_targets("cost", logits, jnp.zeros((4, 3), int))
    with pytest.raises(ShapeError, match=r"probabilities of shape \(4,\) .*must be integers"):
        check_class_targets("cost", logits, jnp.zeros(4))
    with pytest.raises(ShapeError, match=r"outputs of shape \(\); it wants at least one class"):
        check_class_targets("cost", jnp.zeros(()), jnp.zeros((), int))
    with pytest.raises(ShapeError, match=r"outputs of shape \(4, 0\); it wants at least one class"):
        check_class_targets("cost", jnp.zeros((4, 0)), jnp.zeros(4, int))


def test_binary_targets_that_do_not_fit():
    check_binary_targets("cost", jnp.zeros((4, 1)), jnp.zeros(4))
    with pytest.raises(ShapeError, match=r"logits of shape \(4, 2\) and targets of shape \(4,\).*\(4,\) or \(4, 1\)"):
        check_binary_targets("cost", jnp.zeros((4, 2)), jnp.zeros(4))


def test_values_that_would_broadcast_are_refused():
    with pytest.raises(ShapeError, match=r"outputs of shape \(4, 1\) and targets of shape \(4,\).*reshape"):
        check_value_targets("cost", jnp.zeros((4, 1)), jnp.zeros(4))
    with pytest.raises(ShapeError, match="last axis"):
        check_value_targets("cost", jnp.zeros(()), jnp.zeros(()))


@pytest.mark.parametrize(
    ("outputs", "targets", "remedy"),
    [
        ((4, 1), (4,), "reshape the targets to (4, 1)"),
        ((4, 3), (4,), "reshape the targets to (4, 1), and give the model's last layer features = 1"),
        ((4, 3), (4, 1), "give the model's last layer features = 1"),
        ((4, 7, 3), (4, 7, 2), "give the model's last layer features = 2"),
        ((4,), (4, 1), "give the model's last layer features = 1"),
        ((4, 3), (4, 3, 2), "make the two alike"),
        ((4, 1), (5, 1), "make the two alike"),
        ((), (4,), "make the two alike"),
    ],
)
def test_the_remedy_says_how_many_features_are_wanted(outputs, targets, remedy):
    with pytest.raises(ShapeError) as caught:
        check_value_targets("cost", jnp.zeros(outputs), jnp.zeros(targets))
    assert str(caught.value).endswith(f"on the last axis: {remedy}")
