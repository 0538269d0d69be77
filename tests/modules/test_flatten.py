import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import Flatten
from fnbackprop.modules.flatten import flatten

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("shape", "flat"), [((2, 3, 4), (2, 12)), ((2, 3), (2, 3)), ((3,), (3, 1)), ((0, 2, 2), (0, 4)), ((2, 0), (2, 0))]
)
def test_there_and_back(shape, flat):
    x = jnp.arange(float(np.prod(shape))).reshape(shape)
    y, pullback = jax.vjp(flatten, x)
    assert y.shape == flat
    np.testing.assert_array_equal(np.ravel(y), np.arange(x.size))
    np.testing.assert_array_equal(pullback(2 * y)[0], 2 * x)


def test_integers_pass():
    assert flatten(jnp.zeros((2, 2, 2), jnp.uint8)).dtype == jnp.uint8


def test_a_single_number_is_refused():
    with pytest.raises(ShapeError, match=r"reshape it to \(1,\)"):
        flatten(jnp.float32(1))


def test_module():
    assert hash(Flatten()) == hash(Flatten())
    assert Flatten().produces == "input"
    (y,), _ = Flatten().apply(Flatten().init(jax.random.key(0)), jnp.zeros((2, 3, 4)))
    assert y.shape == (2, 12)
