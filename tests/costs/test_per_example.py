import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.per_example import per_example
from fnbackprop.costs.squared_error import squared_error

pytestmark = pytest.mark.quick
X, T = jnp.array([[1.0, 2.0], [3.0, 5.0]]), jnp.array([[0.0, 2.0], [1.0, 1.0]])


def scaled_distance(outputs, targets, scale=1.0):
    """A user's own."""
    return scale * jnp.sum((outputs - targets) ** 2, axis=-1)


@pytest.mark.parametrize("options", [(), (jnp.array([1.0, 3.0]),), (jnp.array([0.5, 2.0]), "sum"), (None, "none")])
def test_it_is_called_like_the_other_costs(options):
    cost = per_example(scaled_distance)
    np.testing.assert_allclose(cost(X, T, *options), squared_error(X, T, *options), rtol=1e-6)


def test_its_options_are_keywords_and_its_gradient_is_autodiffs():
    cost = per_example(scaled_distance)
    value, dx = jax.value_and_grad(cost)(X, T, scale=10.0)
    assert value == 10 * (1 + 20) / 2
    np.testing.assert_array_equal(dx, 10 * (X - T))


def test_it_keeps_its_name_and_text():
    cost = per_example(scaled_distance)
    assert (cost.__name__, cost.__doc__) == ("scaled_distance", "A user's own.")


def test_a_function_that_averages_is_refused():
    with pytest.raises(ShapeError, match=r"got outputs of shape \(2, 2\) and returned shape \(\).*leave the mean"):
        per_example(lambda outputs, targets: jnp.mean((outputs - targets) ** 2))(X, T)
    with pytest.raises(ShapeError, match=r"returned shape \(5,\)"):
        per_example(lambda outputs, targets: jnp.zeros(5))(X, T)
