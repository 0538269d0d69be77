import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.penalties.l1 import l1, l1_proximal, l1_reference

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("rule", [l1, l1_reference])
def test_the_gradient_at_0_is_0(rule):
    value, dw = jax.value_and_grad(rule)(jnp.array([2.0, -3.0, 0.0, -0.0]), 0.5)
    assert value == 2.5
    np.testing.assert_array_equal(dw, [0.5, -0.5, 0, 0])
    assert jax.grad(rule, 1)(jnp.ones(2), 0.5) == 0


@pytest.mark.parametrize("rule", [l1, l1_reference])
def test_infinity_and_nan_show(rule):
    assert rule(jnp.array([-jnp.inf, 1.0]), 0.5) == jnp.inf
    value, dw = jax.value_and_grad(rule)(jnp.array([jnp.nan, 1.0]), 0.5)
    assert jnp.isnan(value)
    np.testing.assert_array_equal(dw, [np.nan, 0.5])


def test_the_proximal_form_lands_on_0_and_stays():
    w = jnp.array([1.0, -1.0, 0.05, -0.05, 0.0])
    once = l1_proximal(w, 0.2, 0.5)
    np.testing.assert_allclose(once, [0.9, -0.9, 0, 0, 0], rtol=1e-6)
    np.testing.assert_array_equal(l1_proximal(once, 0.2, 0.5)[2:], 0)


def test_the_proximal_form_shows_nan_and_leaves_all_be_at_rate_0():
    assert jnp.isnan(l1_proximal(jnp.array(jnp.nan), 0.2, 0.5))
    w = jnp.array([1.5, -2.5, 0.0])
    np.testing.assert_array_equal(l1_proximal(w, 0.2, 0.0), w)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_proximal_form_keeps_the_type(dtype):
    assert l1_proximal(jnp.ones(3, dtype), 0.1, jnp.float32(0.5)).dtype == dtype
