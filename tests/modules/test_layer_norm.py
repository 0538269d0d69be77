import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import LayerNorm
from fnbackprop.modules.layer_norm import layer_norm, layer_norm_reference

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [layer_norm, layer_norm_reference])


@both
def test_equal_features_are_exactly_zero_however_large(function):
    # The mean of seven float32 numbers of 1e6/3 rounds to another number than they are.
    x = jnp.full((1, 7), 1e6 / 3)
    y, pullback = jax.vjp(lambda x: function(x, None, None, 1e-4), x)
    np.testing.assert_array_equal(y, np.zeros((1, 7)))
    dy = jnp.arange(7.0)[None]
    np.testing.assert_allclose(pullback(dy)[0], 100 * (dy - 3), atol=1e-4)


@both
def test_a_large_mean_does_not_hide_the_deviations(function):
    x = jnp.array([[4096.0, 4097, 4098, 4099]])
    np.testing.assert_allclose(function(x, epsilon=0.0) * 5**0.5, [[-3, -1, 1, 3]], rtol=1e-6)


@both
def test_half_precision_computes_in_float32(function):
    x = jnp.array([[-300, 300, -300, 300.0]], jnp.float16)  # whose squares overflow in float16
    y, pullback = jax.vjp(function, x, jnp.ones(4, jnp.float16))
    assert y.dtype == jnp.float16
    np.testing.assert_array_equal(y, [[-1, 1, -1, 1]])
    assert np.isfinite(pullback(y)[0].astype(float)).all()


@both
def test_nan_spoils_its_own_example_alone(function):
    y, pullback = jax.vjp(function, jnp.array([[1.0, jnp.nan], [1, 2]]))
    np.testing.assert_array_equal(np.isnan(y), [[True, True], [False, False]])
    np.testing.assert_array_equal(np.isnan(pullback(jnp.ones((2, 2)))[0]), [[True, True], [False, False]])


@both
def test_several_axes_are_one(function):
    rng = np.random.default_rng(0)
    x, scale, dy = (jnp.float32(rng.normal(size=s)) for s in ((2, 3, 4), (3, 4), (2, 3, 4)))
    y, pullback = jax.vjp(lambda *a: function(*a, axes=2), x, scale, scale)
    flat, flat_pullback = jax.vjp(function, x.reshape(2, 12), scale.reshape(12), scale.reshape(12))
    np.testing.assert_allclose(y.reshape(2, 12), flat, rtol=1e-5, atol=1e-6)
    for own, other in zip(pullback(dy), flat_pullback(dy.reshape(2, 12)), strict=True):
        np.testing.assert_allclose(own.reshape(other.shape), other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("shape", "axes"), [((), 1), ((3,), 2), ((2, 0), 1), ((2, 3), 0)])
def test_missing_features_are_refused(shape, axes):
    with pytest.raises(ShapeError, match=f"last {axes} axes"):
        layer_norm(jnp.zeros(shape), None, None, 1e-5, axes)


def test_parameters_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"features of shape \(3,\).*of shape \(1,\)"):
        layer_norm(jnp.zeros((2, 3)), jnp.ones(1))


def test_module():
    x = jnp.array([[[1.0, 3.0], [0.0, 2.0]]])
    variables = LayerNorm().init(jax.random.key(0), x)
    assert jax.tree.map(jnp.shape, variables.params) == {"scale": (2,), "bias": (2,)}
    np.testing.assert_allclose(LayerNorm().apply(variables, x)[0][0], [[[-1, 1], [-1, 1]]], rtol=1e-4)
    assert LayerNorm(axes=2, bias=False).init(jax.random.key(0), x).params["scale"].shape == (2, 2)
    plain = LayerNorm(scale=False, bias=False)
    assert not jax.tree.leaves(plain.init(jax.random.key(0), x))
    assert plain.apply(plain.init(jax.random.key(0), x), x)[0][0].shape == x.shape
    with pytest.raises(ValueError, match="epsilon"):
        LayerNorm(epsilon=0.0)
