import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import ShapeError
from fnbackprop.modules import LSTM
from fnbackprop.modules.lstm import lstm

pytestmark = pytest.mark.quick

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (2, 5, 3))


def test_the_last_state_alone_is_the_end_of_all() -> None:
    variables = LSTM(4).init(KEY, X)
    (every,), _ = LSTM(4).apply(variables, X)
    (last,), _ = LSTM(4, last=True).apply(variables, X)
    assert every.shape == (2, 5, 4)
    np.testing.assert_array_equal(last, every[:, -1])


def test_a_state_depends_on_no_later_time() -> None:
    variables = LSTM(4).init(KEY, X)
    (y,), _ = LSTM(4).apply(variables, X)
    (other,), _ = LSTM(4).apply(variables, X.at[:, 3:].set(9.0))
    np.testing.assert_array_equal(y[:, :3], other[:, :3])
    assert (y[:, 3:] != other[:, 3:]).all()


def test_only_the_forget_gate_begins_open() -> None:
    bias = LSTM(2, forget_bias=1.5).init(KEY, X).params["input"]["bias"]
    np.testing.assert_array_equal(bias, [0, 0, 1.5, 1.5, 0, 0, 0, 0])


def test_saturated_gates_keep_a_cell_and_its_gradient() -> None:
    # Input gate shut but at the first time, forget and output gates open: c stays, and so does its derivative.
    far = 50.0
    z = jnp.tile(jnp.array([-far, far, 0.3, far]), (100, 1)).at[0, 0].set(far)
    weight = jnp.zeros((4, 1))
    y, back = jax.vjp(lambda z: lstm(z, weight)[-1, 0], z)
    assert y == pytest.approx(np.tanh(np.tanh(0.3)), rel=1e-6)
    (dz,) = back(jnp.float32(1))
    assert dz[0, 2] == pytest.approx((1 - np.tanh(np.tanh(0.3)) ** 2) * (1 - np.tanh(0.3) ** 2), rel=1e-5)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"lstm got z of shape \(5, 6\) and a weight of shape \(6, 2\); it wants"):
        lstm(jnp.ones((5, 6)), jnp.ones((6, 2)))
