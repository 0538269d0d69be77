import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtr

from fnbackprop.modules import GELU
from fnbackprop.modules.gelu import gelu, gelu_reference, is_tanh

pytestmark = pytest.mark.quick
both = pytest.mark.parametrize("function", [gelu, gelu_reference])
forms = pytest.mark.parametrize("form", ["exact", "tanh"])
X = np.array([-12, -9, -6, -3, -1, -0.5, 0, 1e-6, 0.5, 3, 6, 12, 100], np.float32)


@both
def test_the_tails_keep_their_digits(function):
    share = np.array([math.erfc(-float(x) / math.sqrt(2)) / 2 for x in X])
    density = np.exp(-(X.astype(float) ** 2) / 2) / math.sqrt(2 * math.pi)
    y, pullback = jax.vjp(function, jnp.asarray(X))
    np.testing.assert_allclose(y, X * share, rtol=1e-5)
    np.testing.assert_allclose(pullback(jnp.ones(len(X)))[0], share + X * density, rtol=2e-5, atol=1e-36)


def test_single_precision_is_as_close_as_it_says():
    x = np.concatenate([np.linspace(-9, 9, 20001), np.linspace(-1e-3, 1e-3, 101)]).astype(np.float32)
    wanted = x * ndtr(x.astype(float))
    got = np.asarray(gelu(jnp.asarray(x)), float)
    np.testing.assert_allclose(got, wanted, rtol=3e-6)
    np.testing.assert_allclose(got[x > -1], wanted[x > -1], rtol=6e-7)


@both
def test_the_tanh_form_keeps_them_too(function):
    x = X.astype(float)
    v = math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)
    dv = math.sqrt(8 / math.pi) * (1 + 3 * 0.044715 * x**2)
    h, other = 1 / (1 + np.exp(-v)), np.exp(-np.maximum(v, 0)) / (1 + np.exp(-np.abs(v)))
    other = np.where(v < 0, 1 - h, other)
    y, pullback = jax.vjp(lambda x: function(x, "tanh"), jnp.asarray(X))
    np.testing.assert_allclose(y, x * h, rtol=3e-5, atol=1e-36)
    np.testing.assert_allclose(pullback(jnp.ones(len(X)))[0], h * (1 + x * other * dv), rtol=5e-5, atol=1e-36)


@both
@forms
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_infinities_huge_numbers_and_nan(function, form, dtype):
    largest = float(jnp.finfo(dtype).max)
    x = jnp.array([-jnp.inf, -largest, -0.0, 0.0, largest, jnp.inf, jnp.nan], dtype)
    y, pullback = jax.vjp(lambda x: function(x, form), x)
    np.testing.assert_array_equal(y.astype(float), [0, 0, 0, 0, largest, np.inf, np.nan])
    np.testing.assert_array_equal(pullback(jnp.ones(7, dtype))[0].astype(float), [0, 0, 0.5, 0.5, 1, 1, np.nan])


def test_module():
    assert str(GELU(form="tanh")) == "GELU(form='tanh')"
    for form in ("exact", "tanh"):
        (y,), _ = GELU(form=form).apply(GELU().init(jax.random.key(0)), jnp.asarray(X))
        np.testing.assert_array_equal(y, gelu(jnp.asarray(X), form))
    with pytest.raises(ValueError, match="form"):
        GELU(form="quick")


def test_a_form_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="got form 'erf'; it wants one of exact, tanh"):
        is_tanh("erf")  # by which both read it; their types are checked here
