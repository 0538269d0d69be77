import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.modules import Duplicate
from fnbackprop.modules.duplicate import duplicate

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_cotangents_are_summed(copies):
    x = jnp.array([1.0, -2.0])
    ys, pullback = jax.vjp(lambda x: duplicate(x, copies=copies), x)
    assert len(ys) == copies
    for y in ys:
        np.testing.assert_array_equal(y, x)
    dys = tuple(jnp.array([i, 10.0]) for i in range(copies))
    np.testing.assert_array_equal(pullback(dys)[0], [sum(range(copies)), 10 * copies])


def test_a_copy_that_nobody_reads_adds_nothing():
    assert float(jax.grad(lambda x: duplicate(x, 3)[1])(jnp.float32(2))) == 1


def test_half_precision_is_rounded_once():
    _, pullback = jax.vjp(lambda x: duplicate(x, 3), jnp.bfloat16(0))
    (dx,) = pullback((jnp.bfloat16(1), jnp.bfloat16(1 / 256), jnp.bfloat16(1 / 256)))
    assert dx.dtype == jnp.bfloat16
    assert float(dx) == 1 + 1 / 128


def test_tokens_pass():
    def loss(w):
        first, second = duplicate(jnp.floor(w).astype(int))
        return w * (first + second)

    assert float(jax.grad(loss)(3.5)) == 6


def test_no_copies_are_refused():
    with pytest.raises(ValueError, match="copies=0"):
        duplicate(jnp.ones(2), 0)
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Duplicate(copies=0)


def test_module():
    module = Duplicate(copies=3)
    assert (module.output_count, Duplicate().output_count) == (3, 2)
    assert hash(module) == hash(Duplicate(copies=3))
    assert module.produces == "input"
    ys, _ = module.apply(module.init(jax.random.key(0)), jnp.ones(2))
    assert len(ys) == 3
