import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import LeakyReLU
from fnbackprop.modules.leaky_relu import leaky_relu, leaky_relu_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [leaky_relu, leaky_relu_reference])


@both
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_zeros_infinities_and_nan(function, dtype):
    y, pullback = jax.vjp(lambda x: function(x, 0.25), jnp.array([-jnp.inf, -8, -0.0, 0.0, 8, jnp.inf, jnp.nan], dtype))
    np.testing.assert_array_equal(y.astype(float), [-np.inf, -2, 0, 0, 8, np.inf, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(7, dtype))[0].astype(float), [0.25, 0.25, 1, 1, 1, 1, 1])


def test_one_bit_is_kept():
    kept = jax.eval_shape(lambda x: jax.vjp(leaky_relu, x)[1], jnp.zeros(1000))
    assert sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(kept)) <= 1000 + 8


@both
def test_the_slope_gets_no_gradient(function):
    assert jax.grad(lambda s: function(jnp.array([-1.0, 2.0]), s).sum())(0.1) == 0


def test_module_takes_its_slope_from_its_options_and_tells_how_steep_it_is():
    module, x = LeakyReLU(negative_slope=0.5), jnp.array([-2.0, 4.0])
    variables = module.init(jax.random.key(0))
    np.testing.assert_array_equal(module.apply(variables, x)[0][0], [-1, 4])
    swept = jax.vmap(lambda s: module.apply(variables._replace(options={"negative_slope": s}), x)[0][0])
    np.testing.assert_array_equal(swept(jnp.array([0.0, 0.25])), [[0, 4], [-0.5, 4]])
    np.testing.assert_array_equal(module.slope(jnp.array([-1.0, 4.0])), [0.5, 1])
    np.testing.assert_array_equal(LeakyReLU(negative_slope=2.0).slope(jnp.array([-1.0, 4.0])), [1, 0.5])
    with pytest.raises(ValueError, match="negative_slope"):
        LeakyReLU(negative_slope=-0.1)
