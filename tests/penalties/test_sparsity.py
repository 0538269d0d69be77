import jax.numpy as jnp
import pytest

from fnbackprop.penalties.sparsity import sparsity

pytestmark = pytest.mark.quick


def test_share_of_exact_zeros_among_the_weights():
    params = {
        "a": {"weight": jnp.array([0.0, -0.0, 1e-30, 2.0]), "bias": jnp.zeros(5)},
        "b": {"weight": jnp.array([[0.0], [3.0]], "bfloat16")},
    }
    assert sparsity(params) == 0.5
    assert sparsity(params, biases=True) == jnp.float32(8 / 11)


def test_no_weights_are_not_sparse():
    assert sparsity({"bias": jnp.zeros(3)}) == 0
