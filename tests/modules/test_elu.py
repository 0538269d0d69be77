import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import ELU
from fnbackprop.modules.elu import elu, elu_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [elu, elu_reference])


@both
def test_the_tail_and_the_neighbourhood_of_zero_keep_their_digits(function):
    x = np.array([-80, -20, -1, -1e-6, 1e-6, 5, 1000], np.float32)
    tail = np.minimum(x, 0).astype(float)
    y, pullback = jax.vjp(lambda x: function(x, 0.5), jnp.asarray(x))
    np.testing.assert_allclose(y, np.where(x < 0, 0.5 * np.expm1(tail), x), rtol=1e-5)
    # JAX 0.10 differentiates expm1(x) as expm1(x) + 1, which is 0 in the tail.
    lost = 1e-7 if function is elu_reference else 0
    np.testing.assert_allclose(pullback(jnp.ones(7))[0], np.where(x < 0, 0.5 * np.exp(tail), 1), rtol=1e-5, atol=lost)


@both
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_zeros_infinities_and_nan(function, dtype):
    y, pullback = jax.vjp(lambda x: function(x, 0.5), jnp.array([-jnp.inf, -0.0, 0.0, jnp.inf, jnp.nan], dtype))
    np.testing.assert_array_equal(y.astype(float), [-0.5, 0, 0, np.inf, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(5, dtype))[0].astype(float), [0, 1, 1, 1, 1])


@both
def test_second_derivative_is_finite_where_exp_overflows(function):
    second = jax.vmap(jax.grad(jax.grad(function)), (0, None))(jnp.array([-1.0, 200.0]), 0.5)
    np.testing.assert_allclose(second, [0.5 * np.exp(-1), 0], rtol=1e-6)


def test_module():
    module = ELU(alpha=0.5)
    (y,), _ = module.apply(module.init(jax.random.key(0)), jnp.array([-jnp.inf, -1.0, 3.0]))
    np.testing.assert_allclose(y, [-0.5, 0.5 * np.expm1(-1), 3], rtol=1e-6)
    np.testing.assert_allclose(module.slope(y), [0, 0.5 * np.exp(-1), 1], rtol=1e-5)
    np.testing.assert_allclose(ELU(alpha=2.0).slope(jnp.array([-1.0, 3.0])), [0.5, 0.5])
