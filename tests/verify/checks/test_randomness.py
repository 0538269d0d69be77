"""The backward pass must draw what the forward pass drew."""

import jax
import jax.numpy as jnp

from ..rules import X, outcome


def drop(shift):
    def mask(x, key):
        return jax.random.bernoulli(key, 0.5, x.shape)

    f = jax.custom_vjp(lambda x, key: x * mask(x, key))
    f.defvjp(
        lambda x, key: (x * mask(x, key), (x, key)),
        lambda kept, dy: (dy * mask(kept[0], jax.random.fold_in(kept[1], 7) if shift else kept[1]), None),
    )
    return f


def test_another_mask_fails():
    assert outcome("randomness", drop(True), X, jax.random.key(0)).verdict == "FAIL"


def test_the_same_mask_passes():
    assert outcome("randomness", drop(False), X, jax.random.key(0)).verdict == "PASS"


def test_without_a_key_there_is_nothing_to_draw():
    assert outcome("randomness", jnp.sin, X).verdict == "NOT_RUN"
