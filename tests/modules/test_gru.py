import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import ShapeError
from fnbackprop.modules import GRU
from fnbackprop.modules.gru import gru

pytestmark = pytest.mark.quick

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (2, 5, 3))


def test_the_last_state_alone_is_the_end_of_all() -> None:
    variables = GRU(4).init(KEY, X)
    (every,), _ = GRU(4).apply(variables, X)
    (last,), _ = GRU(4, last=True).apply(variables, X)
    assert every.shape == (2, 5, 4)
    np.testing.assert_array_equal(last, every[:, -1])


def test_an_update_gate_that_is_shut_keeps_the_state_and_its_gradient() -> None:
    far = 50.0
    z = jnp.tile(jnp.array([0.0, far, 2.0]), (100, 1)).at[0].set(jnp.array([0.0, -far, 0.3]))
    y, back = jax.vjp(lambda z: gru(z, jnp.zeros((3, 1)), jnp.zeros(1))[-1, 0], z)
    assert y == pytest.approx(np.tanh(0.3), rel=1e-6)
    assert back(jnp.float32(1))[0][0, 2] == pytest.approx(1 - np.tanh(0.3) ** 2, rel=1e-5)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"gru got z of shape \(5, 4\) and a weight of shape \(4, 2\); it wants"):
        gru(jnp.ones((5, 4)), jnp.ones((4, 2)), jnp.ones(2))
