import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.penalties.l2 import l2, l2_decay, l2_reference

pytestmark = pytest.mark.quick
W = jnp.array([[3.0, -1.0], [0.0, 0.5]])


def test_there_is_no_half():
    value, dw = jax.value_and_grad(l2)(W, 0.1)
    assert value == pytest.approx(0.1 * (9 + 1 + 0.25))
    np.testing.assert_allclose(dw, 0.2 * np.asarray(W), rtol=1e-6)


def test_alpha_can_be_swept_and_has_no_gradient():
    np.testing.assert_allclose(jax.vmap(l2, (None, 0))(W, jnp.array([0.0, 2.0])), [0, 20.5])
    for rule in (l2, l2_reference):
        assert jax.grad(rule, 1)(W, 0.1) == 0


def test_half_precision_does_not_overflow():
    value, dw = jax.value_and_grad(l2)(jnp.array([300.0], "float16"), 0.5)
    assert (value.dtype, value) == (jnp.float32, 45000)
    assert (dw.dtype, dw.item()) == (jnp.float16, 300)


def test_decay_is_the_lectures_update():
    # w ← (1 − 2ηα) w − η ∂C/∂w, by hand for w = 3, η = 0.5, α = 0.1, ∂C/∂w = 1
    w, dw = jnp.array([3.0]), jnp.array([1.0])
    np.testing.assert_allclose(l2_decay(w, 0.1, 0.5) - 0.5 * dw, [0.9 * 3 - 0.5], rtol=1e-6)
    np.testing.assert_allclose(w - 0.5 * (dw + jax.grad(l2)(w, 0.1)), [0.9 * 3 - 0.5], rtol=1e-6)


def test_decay_under_adam_is_not_the_penalty():
    # λ = 2α = 0.1, η = 0.5, w = 3, no gradient of the data: Adam's first step is η · sign whatever the size.
    decay = 3 - l2_decay(jnp.array(3.0), 0.05, 0.5)
    assert decay == pytest.approx(0.15)
    assert 0.5 * jnp.sign(jax.grad(l2)(jnp.array(3.0), 0.05)) == 0.5


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_decay_keeps_the_type(dtype):
    assert l2_decay(W.astype(dtype), 0.1, jnp.float32(0.5)).dtype == dtype
