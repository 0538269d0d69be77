import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.cross_entropy import cross_entropy
from fnbackprop.costs.negative_log_likelihood import negative_log_likelihood, negative_log_likelihood_reference
from fnbackprop.modules.log_softmax import log_softmax

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("rule", [negative_log_likelihood, negative_log_likelihood_reference])
X = jnp.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
T = jnp.array([2, 1])


@both
def test_after_log_softmax_it_is_cross_entropy(rule):
    chained = jax.value_and_grad(lambda x: rule(log_softmax(x), T))(X)
    direct = jax.value_and_grad(cross_entropy)(X, T)
    np.testing.assert_allclose(chained[0], direct[0], rtol=1e-6)
    np.testing.assert_allclose(chained[1], direct[1], rtol=1e-5, atol=1e-7)


@both
@pytest.mark.parametrize("target", [jnp.array([1]), jnp.array([[0.0, 1.0]])])
def test_impossible_classes_that_are_not_the_target_change_nothing(rule, target):
    value, dx = jax.value_and_grad(rule)(jnp.array([[-jnp.inf, -0.5]]), target)
    assert value == 0.5
    np.testing.assert_array_equal(dx, [[0, -1]])


@both
def test_a_number_that_is_no_class_is_never_silent(rule):
    assert jnp.isnan(rule(X, jnp.array([3, 1])))
    assert jnp.isnan(jax.grad(negative_log_likelihood)(X, jnp.array([3, 1]))[0]).all()


@both
def test_padding_of_weight_0(rule):
    value, dx = jax.value_and_grad(rule)(X, jnp.array([-100, 1]), jnp.array([False, True]))
    assert value == -3
    np.testing.assert_array_equal(dx, [[0, 0, 0], [0, -1, 0]])


def test_errors_name_the_cost(unchecked_shapes):
    with pytest.raises(ShapeError, match="negative_log_likelihood got outputs"):
        negative_log_likelihood(X, jnp.zeros(3, int))
    with pytest.raises(ShapeError, match="negative_log_likelihood got weights"):
        negative_log_likelihood(X, T, jnp.ones(3))
