import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import AvgPool
from fnbackprop.modules.avg_pool import avg_pool

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("count_padding", "y", "dx"), [(False, [1, 2.5, 4], [1, 1 / 2, 1 / 2, 1]), (True, [0.5, 2.5, 2], [1 / 2] * 4)]
)
def test_padding_counts_where_asked(count_padding, y, dx):
    x = jnp.arange(1.0, 5).reshape(1, 4, 1)
    given, pullback = jax.vjp(lambda x: avg_pool(x, 2, 2, ((1, 1),), count_padding), x)
    np.testing.assert_allclose(given[0, :, 0], y)
    np.testing.assert_allclose(pullback(jnp.ones_like(given))[0][0, :, 0], dx)


def test_overlaps_add_and_gaps_are_zero():
    x = jnp.zeros((1, 5, 1))
    for stride, wanted in ((1, [1, 2, 2, 2, 1]), (3, [1, 1, 0, 1, 1])):
        dx = jax.grad(lambda x, stride=stride: 2 * avg_pool(x, 2, stride).sum())(x)
        np.testing.assert_array_equal(dx[0, :, 0], wanted)


def test_an_odd_row_is_left_out_and_an_empty_batch_stays_empty():
    dx = jax.grad(lambda x: avg_pool(x).sum())(jnp.zeros((1, 3, 2, 1)))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0.25, 0.25], [0.25, 0.25], [0, 0]])
    y, pullback = jax.vjp(avg_pool, jnp.zeros((0, 4, 1)))
    assert (y.shape, pullback(y)[0].shape) == ((0, 2, 1), (0, 4, 1))


def test_half_precision_sums_in_float32():
    # 2 · 40000 overflows float16, and so would 2 · 2049 lose the 1.
    assert avg_pool(jnp.full((1, 2, 1), 40000, "float16"))[0, 0, 0] == 40000


def test_module():
    module = AvgPool(window=3, stride=1, padding="same", count_padding=True)
    y = module.apply(module.init(jax.random.key(0)), jnp.ones((1, 3, 3, 1)))[0][0]
    np.testing.assert_allclose(y[0, :, :, 0] * 9, [[4, 6, 4], [6, 9, 6], [4, 6, 4]], rtol=1e-6)
    with pytest.raises(ShapeError, match="AvgPool got"):
        AvgPool().apply(module.init(jax.random.key(0)), jnp.zeros((2, 1, 3)))
