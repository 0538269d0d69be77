import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.binary_cross_entropy import binary_cross_entropy, binary_cross_entropy_reference
from fnbackprop.costs.cross_entropy import cross_entropy

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("rule", [binary_cross_entropy, binary_cross_entropy_reference])


@both
@pytest.mark.parametrize("target", [jnp.array([0, 1, 1]), jnp.array([False, True, True]), jnp.array([0.0, 1.0, 1.0])])
def test_it_is_cross_entropy_of_the_logits_0_and_x(rule, target):
    x = jnp.array([-2.0, 0.5, 3.0])
    value, dx = jax.value_and_grad(rule)(x, target)
    two = jax.value_and_grad(lambda x: cross_entropy(jnp.stack([jnp.zeros(3), x], -1), target.astype(int)))(x)
    np.testing.assert_allclose(value, two[0], rtol=1e-6)
    np.testing.assert_allclose(dx, two[1], rtol=1e-5)


@both
def test_infinite_logits_on_the_right_side_cost_nothing(rule):
    x, t = jnp.array([jnp.inf, -jnp.inf]), jnp.array([1, 0])
    np.testing.assert_array_equal(rule(x, t, reduction="none"), [0, 0])
    np.testing.assert_array_equal(jax.grad(binary_cross_entropy)(x, t), [0, 0])


@both
def test_infinite_logits_on_the_wrong_side(rule):
    x, t = jnp.array([jnp.inf, -jnp.inf]), jnp.array([0, 1])
    np.testing.assert_array_equal(rule(x, t, reduction="none"), [jnp.inf, jnp.inf])
    np.testing.assert_array_equal(jax.grad(rule)(x, t, None, "sum"), [1, -1])


@both
def test_tails_keep_their_cost_and_gradient(rule):
    # σ(30) − 1 is 0 in float32; −σ(−30) is not.
    value, dx = jax.value_and_grad(rule)(jnp.array(30.0), jnp.array(1))
    assert value == pytest.approx(np.exp(-30.0), rel=1e-5)
    assert dx == pytest.approx(-np.exp(-30.0), rel=1e-5)


def test_huge_logits_of_the_wrong_side_do_not_overflow():
    value, dx = jax.value_and_grad(binary_cross_entropy)(jnp.array([1e30]), jnp.array([0]))
    assert value == jnp.float32(1e30)
    assert dx == 1


@both
def test_an_integer_that_is_no_outcome_is_never_silent(rule):
    assert jnp.isnan(rule(jnp.array([1.0, 2.0]), jnp.array([-1, 1])))
    assert jnp.isnan(jax.grad(binary_cross_entropy)(jnp.array([1.0, 2.0]), jnp.array([-1, 1]))[0])


@both
def test_padding_of_weight_0(rule):
    value, dx = jax.value_and_grad(rule)(jnp.array([[5.0], [0.0]]), jnp.array([-1, 1]), jnp.array([0.0, 1.0]))
    assert value == pytest.approx(np.log(2))
    np.testing.assert_allclose(dx, [[0], [-0.5]])


def test_errors_say_what_fits(unchecked_shapes):
    with pytest.raises(ShapeError, match=r"binary_cross_entropy got logits of shape \(4, 2\)"):
        binary_cross_entropy(jnp.zeros((4, 2)), jnp.zeros(4))
    with pytest.raises(ShapeError, match="binary_cross_entropy got weights"):
        binary_cross_entropy(jnp.zeros(4), jnp.zeros(4), jnp.ones(3))
