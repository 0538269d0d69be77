import jax
import jax.numpy as jnp
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import GlobalAvgPool
from fnbackprop.modules.global_average_pool import global_average_pool

pytestmark = pytest.mark.quick


def test_half_precision_sums_in_float32():
    x = jnp.full((1, 60, 60, 1), 60000, "float16")
    assert global_average_pool(x)[0, 0] == 60000


def test_an_empty_batch():
    y, pullback = jax.vjp(global_average_pool, jnp.zeros((0, 2, 3)))
    assert (y.shape, pullback(y)[0].shape) == ((0, 3), (0, 2, 3))


@pytest.mark.parametrize("shape", [(2, 3), (2, 0, 3)])
def test_what_has_no_space_is_refused(shape):
    with pytest.raises(ShapeError, match=r"GlobalAvgPool got shape"):
        global_average_pool(jnp.zeros(shape))


def test_module():
    (y,), _ = GlobalAvgPool().apply(GlobalAvgPool().init(jax.random.key(0)), jnp.ones((2, 4, 5, 3)))
    assert y.shape == (2, 3)
