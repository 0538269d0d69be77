import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.core.errors import ShapeError
from fnbackprop.modules import Linear
from fnbackprop.modules.linear import linear

pytestmark = pytest.mark.quick


def example(*batch):
    draw = np.random.default_rng(0).normal
    x, W, b, dy = draw(size=(*batch, 3)), draw(size=(5, 3)), draw(size=5), draw(size=(*batch, 5))
    return tuple(a.astype(np.float32) for a in (x, W, b, dy))


@pytest.mark.parametrize("batch", [(), (4,), (2, 4), (1,), (0,)])
def test_follows_the_lecture_example_by_example(batch):
    x, W, b, dy = example(*batch)
    y, pullback = jax.vjp(linear, *map(jnp.asarray, (x, W, b)))
    dx, dW, db = pullback(jnp.asarray(dy))

    want_dW, want_db = np.zeros((5, 3)), np.zeros(5)
    for i in np.ndindex(*batch):
        np.testing.assert_allclose(y[i], W.astype(np.float64) @ x[i] + b, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(dx[i], W.T.astype(np.float64) @ dy[i], rtol=1e-5, atol=1e-6)
        want_dW += np.outer(dy[i], x[i])
        want_db += dy[i]
    assert (y.shape, dx.shape) == (dy.shape, x.shape)
    np.testing.assert_allclose(dW, want_dW, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(db, want_db, rtol=1e-5, atol=1e-6)


def test_without_bias():
    x, W, _, dy = example(4)
    y, pullback = jax.vjp(linear, jnp.asarray(x), jnp.asarray(W))
    np.testing.assert_allclose(y, x @ W.T, rtol=1e-5, atol=1e-6)
    assert len(pullback(jnp.asarray(dy))) == 2
    np.testing.assert_array_equal(linear(jnp.asarray(x), jnp.asarray(W), None), y)


def test_half_precision_adds_in_float32():
    n = 4096  # float16 itself overflows at 65504, and stops counting at 2048
    x, W, dy = jnp.ones((n, 1), jnp.float16), jnp.ones((1, 1), jnp.float16), jnp.ones((n, 1), jnp.float16)
    _, dW, db = jax.vjp(linear, x, W, jnp.zeros(1, jnp.float16))[1](dy)
    assert float(dW[0, 0]) == float(db[0]) == n


def test_bias_is_added_before_rounding():
    x, W = jnp.array([[1.0, 1 / 512]], jnp.bfloat16), jnp.ones((1, 2), jnp.bfloat16)
    assert linear(x, W, jnp.array([-1.0], jnp.bfloat16))[0, 0] == 1 / 512


def test_module():
    module = Linear(features=5)
    assert module == Linear(features=5)
    assert hash(module) == hash(Linear(features=5))
    x = jax.random.normal(jax.random.key(1), (2, 4, 3))
    variables = module.init(jax.random.key(0), jax.ShapeDtypeStruct(x.shape, x.dtype))
    assert variables.params["weight"].shape == (5, 3)
    np.testing.assert_array_equal(variables.params["bias"], np.zeros(5))
    (y,), _ = module.apply(variables, x)
    np.testing.assert_allclose(y, x @ variables.params["weight"].T, rtol=1e-5, atol=1e-6)
    assert "bias" not in Linear(features=5, bias=False).init(jax.random.key(0), x).params


def test_a_single_number_is_refused():
    with pytest.raises(ShapeError, match=r"reshape it to \(1,\)"):
        Linear(features=2).init(jax.random.key(0), jax.ShapeDtypeStruct((), jnp.float32))


@pytest.mark.usefixtures("unchecked")
def test_another_number_of_features_than_it_was_made_for_is_refused():
    module = Linear(features=2)
    variables = module.init(jax.random.key(0), jnp.ones((4, 3)))
    with pytest.raises(ShapeError, match=r"of shape \(4, 5\), a bias of shape \(2,\) and a weight of shape \(2, 3\)"):
        module.apply(variables, jnp.ones((4, 5)))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shapes", [((4, 5), (2, 3)), ((4, 3), (3,)), ((4, 3), (2, 3), (3,)), ((), (2, 3))])
def test_shapes_that_do_not_meet_are_refused(shapes):
    with pytest.raises(ShapeError, match=r"it wants \(…, in\)"):
        linear(*map(jnp.ones, shapes))


@pytest.mark.parametrize("options", [{"features": 0}, {"features": 2.0}, {"features": 2, "initializer": "he"}])
def test_wrong_options_are_refused(options):
    with pytest.raises(ValueError, match=r"features|initializer"):
        Linear(**options)
