import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import SiLU
from fnbackprop.modules.silu import silu, silu_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [silu, silu_reference])


@both
def test_the_tails_keep_their_digits(function):
    x = np.array([-80, -20, -9, -1, 0, 1e-6, 2, 9, 20, 80], np.float32)
    wide = x.astype(float)
    h = 1 / (1 + np.exp(-wide))
    y, pullback = jax.vjp(function, jnp.asarray(x))
    np.testing.assert_allclose(y, wide * h, rtol=2e-5)
    np.testing.assert_allclose(pullback(jnp.ones(10))[0], h + wide * h / (1 + np.exp(wide)), rtol=2e-5)


@both
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_infinities_huge_numbers_and_nan(function, dtype):
    largest = float(jnp.finfo(dtype).max)
    x = jnp.array([-jnp.inf, -largest, -0.0, 0.0, largest, jnp.inf, jnp.nan], dtype)
    y, pullback = jax.vjp(function, x)
    np.testing.assert_array_equal(y.astype(float), [0, 0, 0, 0, largest, np.inf, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(7, dtype))[0].astype(float), [0, 0, 0.5, 0.5, 1, 1, np.nan])


def test_module():
    (y,), _ = SiLU().apply(SiLU().init(jax.random.key(0)), jnp.array([0.0, 2.0]))
    np.testing.assert_allclose(y, [0, 2 / (1 + np.exp(-2))], rtol=1e-6)
