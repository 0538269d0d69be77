import jax
import jax.numpy as jnp
import pytest

from fnbackprop.penalties import l1, l2, l2_decay
from fnbackprop.penalties.weights import map_penalised, penalised, penalty_sum

pytestmark = pytest.mark.quick
PARAMS = {
    "first": {"weight": jnp.array([[1.0, 2.0]]), "bias": jnp.array([10.0])},
    "block": ({"weight": jnp.array([3.0])}, {"scale": jnp.array([20.0])}, ()),
}


def test_weights_are_penalised_and_biases_and_scales_are_not():
    assert penalised(PARAMS) == {
        "first": {"weight": True, "bias": False},
        "block": ({"weight": True}, {"scale": False}, ()),
    }
    assert all(jax.tree.leaves(penalised(PARAMS, biases=True)))


def test_sum_over_the_tree():
    assert penalty_sum(l2, PARAMS, 0.5) == 0.5 * (1 + 4 + 9)
    assert penalty_sum(l1, PARAMS, 2.0) == 2 * 6
    assert penalty_sum(l1, PARAMS, 1.0, biases=True) == 36
    assert penalty_sum(l2, {"bias": jnp.ones(2)}, 0.5) == 0


def test_gradient_of_the_sum_reaches_weights_only():
    gradient = jax.grad(lambda params: penalty_sum(l2, params, 0.5))(PARAMS)
    assert gradient["first"]["weight"].tolist() == [[1, 2]]
    assert gradient["first"]["bias"].tolist() == [0]
    assert gradient["block"][0]["weight"].tolist() == [3]


def test_an_update_changes_weights_only():
    decayed = map_penalised(lambda w: l2_decay(w, 0.5, 0.5), PARAMS)
    assert decayed["first"]["weight"].tolist() == [[0.5, 1]]
    assert decayed["first"]["bias"].tolist() == [10]
    assert map_penalised(jnp.zeros_like, PARAMS, biases=True)["block"][1]["scale"] == 0
