import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import Reshape
from fnbackprop.modules.reshape import reshape

pytestmark = pytest.mark.quick


def test_an_empty_batch_and_one_number_for_each_example():
    assert reshape(jnp.zeros((0, 6)), (2, -1)).shape == (0, 2, 3)
    assert reshape(jnp.zeros((5, 1)), ()).shape == (5,)
    np.testing.assert_array_equal(reshape(jnp.arange(6).reshape(1, 6), (2, 3)), [[[0, 1, 2], [3, 4, 5]]])


@pytest.mark.parametrize("shape", [(4,), (4, -1), (-1, -1), (-2, -3), (0, -1)])
def test_a_shape_of_other_size_is_refused(shape):
    with pytest.raises(ShapeError, match=r"shape \(2, 6\).*as many features in each: 6"):
        reshape(jnp.zeros((2, 6)), shape)


def test_a_single_number_is_refused():
    with pytest.raises(ShapeError, match="examples on the first axis"):
        reshape(jnp.zeros(()), (1,))


def test_module():
    assert Reshape(shape=(2, 3)).produces == "input"
    assert Reshape(shape=[2, 3]) == Reshape(shape=(2, 3))
    (y,), _ = Reshape(shape=(2, 3)).apply(Reshape(shape=(2, 3)).init(jax.random.key(0)), jnp.zeros((4, 6)))
    assert y.shape == (4, 2, 3)
