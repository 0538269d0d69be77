import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import RMSNorm
from fnbackprop.modules.rms_norm import rms_norm, rms_norm_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [rms_norm, rms_norm_reference])


@both
def test_zeros_stay_and_have_a_finite_gradient(function):
    y, pullback = jax.vjp(lambda x: function(x, None, 1e-4), jnp.zeros((1, 3)))
    np.testing.assert_array_equal(y, np.zeros((1, 3)))
    np.testing.assert_allclose(pullback(jnp.array([[1.0, 2, 3]]))[0], [[100, 200, 300]], rtol=1e-6)


@both
def test_the_root_mean_square_is_one(function):
    x = jnp.array([[3.0, 4.0]])
    np.testing.assert_allclose(function(x, epsilon=0.0), x / np.sqrt(12.5), rtol=1e-6)


@both
def test_half_precision_computes_in_float32(function):
    y = function(jnp.array([[-300, 300.0]], jnp.float16))
    assert y.dtype == jnp.float16
    np.testing.assert_array_equal(y, [[-1, 1]])


def test_wrong_shapes_are_refused():
    with pytest.raises(ShapeError, match="RMSNorm got shape"):
        rms_norm(jnp.zeros(()))
    with pytest.raises(ShapeError, match="RMSNorm got features"):
        rms_norm(jnp.zeros((2, 3)), jnp.ones((2, 3)))


def test_module():
    x = jnp.array([[1.0, 7.0]])
    variables = RMSNorm().init(jax.random.key(0), x)
    np.testing.assert_array_equal(variables.params["scale"], [1, 1])
    np.testing.assert_allclose(RMSNorm().apply(variables, x)[0][0], [[0.2, 1.4]], rtol=1e-5)
    plain = RMSNorm(scale=False)
    np.testing.assert_allclose(plain.apply(plain.init(jax.random.key(0), x), x)[0][0], [[0.2, 1.4]], rtol=1e-5)
