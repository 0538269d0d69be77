import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.costs.reduction import check_reduction, costs_cotangent, reduce_examples, weights_cotangent

pytestmark = pytest.mark.quick
C = jnp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_the_three_reductions():
    assert reduce_examples(C, None, "mean") == 3.5
    assert reduce_examples(C, None, "sum") == 21
    np.testing.assert_array_equal(reduce_examples(C, None, "none"), C)


def test_mean_divides_by_the_sum_of_weights():
    w = jnp.array([[1.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    assert reduce_examples(C, w, "mean") == (1 + 18) / 4


def test_weights_of_sequences_count_for_each_position():
    assert reduce_examples(C, jnp.array([1.0, 3.0]), "mean") == (6 + 45) / 12
    np.testing.assert_array_equal(reduce_examples(C, jnp.array([1.0, 2.0]), "none"), [[1, 2, 3], [8, 10, 12]])
    assert reduce_examples(C, jnp.array(2.0), "sum") == 42


def test_boolean_and_integer_weights_count_and_have_no_cotangent():
    for mask in (jnp.array([True, False]), jnp.array([1, 0])):
        assert reduce_examples(C, mask, "mean") == 2
        assert weights_cotangent(jnp.ones(()), C, mask, "mean") is None


@pytest.mark.parametrize("costs", [C, jnp.zeros((0,)), jnp.zeros((2, 0))])
def test_a_zero_sum_of_weights_costs_nothing_and_teaches_nothing(costs):
    w = jnp.zeros(costs.shape[:1])
    value, gradients = jax.value_and_grad(reduce_examples, (0, 1))(costs, w, "mean")
    assert value == 0
    assert not any(g.any() for g in gradients)
    assert not costs_cotangent(jnp.ones(()), costs, w, "mean").any()
    assert not weights_cotangent(jnp.ones(()), costs, w, "mean").any()


def test_no_examples_cost_nothing():
    assert reduce_examples(jnp.zeros((0, 3)), None, "mean") == 0


@pytest.mark.parametrize("bad", [jnp.nan, jnp.inf])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_example_of_weight_0_is_left_out_even_if_it_is_not_finite(bad, reduction):
    costs, w = jnp.array([1.0, bad, 3.0]), jnp.array([1.0, 0.0, 1.0])
    assert reduce_examples(costs, w, reduction) == (2 if reduction == "mean" else 4)
    assert jnp.isfinite(weights_cotangent(jnp.ones(()), costs, w, reduction)).all()


def test_other_examples_do_show_what_is_not_finite():
    assert jnp.isnan(reduce_examples(jnp.array([1.0, jnp.nan]), jnp.array([1.0, 2.0]), "mean"))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("axes", [0, 1, 2])
def test_cotangents_are_those_of_autodiff(reduction, axes):
    w = jnp.array([[0.5, 1.0, 2.0], [3.0, 0.0, 1.0]])[(slice(None),) * axes + (0,) * (2 - axes)]
    y, back = jax.vjp(lambda c, w: reduce_examples(c, w, reduction), C, w)
    dy = jnp.cos(y)
    dc, dw = back(dy)
    np.testing.assert_allclose(costs_cotangent(dy, C, w, reduction), dc, rtol=1e-6)
    np.testing.assert_allclose(weights_cotangent(dy, C, w, reduction), dw, rtol=1e-5, atol=1e-6)


def test_errors_name_the_cost_the_shapes_and_the_remedy():
    with pytest.raises(ShapeError, match=r"hinge got weights of shape \(3,\) for examples of shape \(2, 3\).*begins"):
        check_reduction("hinge", jnp.ones(3), (2, 3), "mean")
    with pytest.raises(ValueError, match="hinge got reduction 'average'; it wants one of mean, sum, none"):
        check_reduction("hinge", None, (2, 3), "average")
