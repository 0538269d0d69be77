"""Deliberately not the derivative, and said so: these must come back DECLARED, neither FAIL nor PASS."""

import jax
import jax.numpy as jnp

from .entry import Tricky, elementwise, normal, rule

TRICKY = []


def surrogate(f, bwd, reason, args, **options):
    name = bwd.__name__.removesuffix("_bwd")
    return Tricky(name, reason, rule(f, bwd, **options), args, {"surrogate": reason})


def weights():
    return (normal(4, 3),)


def identity(x):
    return x + 0


def rounded(x):
    return jnp.round(x)


def straight_through_round_bwd(saved, dy):
    return (dy,)


TRICKY.append(surrogate(rounded, straight_through_round_bwd, "straight-through: rounding has no useful slope", weights))


def binarize(x):
    return jnp.where(x >= 0, 1, -1).astype(x.dtype)


def hard_tanh_slope(x):
    return (jnp.abs(x) <= 1).astype(x.dtype)


TRICKY.append(
    surrogate(binarize, elementwise(hard_tanh_slope), "binary weights learn through a clipped identity", weights)
)


def reversed_gradient_bwd(saved, dy):
    return (-dy,)


TRICKY.append(surrogate(identity, reversed_gradient_bwd, "gradient reversal, for a domain adversary", weights))


def clipped_gradient_bwd(saved, dy):
    return (jnp.clip(dy, -0.1, 0.1),)


TRICKY.append(surrogate(identity, clipped_gradient_bwd, "gradients are clipped to ±0.1 here", weights))


def scaled_gradient_bwd(saved, dy):
    return (0.1 * dy,)


TRICKY.append(surrogate(identity, scaled_gradient_bwd, "this branch learns ten times more slowly", weights))


def normalized_gradient_bwd(saved, dy):
    return (dy * jax.lax.rsqrt(jnp.sum(dy * dy) + 1e-12),)


TRICKY.append(surrogate(identity, normalized_gradient_bwd, "only the direction of the gradient is passed on", weights))


def spike(potential):
    return (potential > 0).astype(potential.dtype)


def spike_surrogate_slope(potential):
    return 1 / (1 + jnp.pi * jnp.abs(potential)) ** 2


TRICKY.append(surrogate(spike, elementwise(spike_surrogate_slope), "spikes learn through a fast sigmoid", weights))


def fake_quantize(x):
    return jnp.clip(jnp.round(x * 16), -8, 7) / 16


def fake_quantize_slope(x):
    return ((x >= -0.5) & (x <= 7 / 16)).astype(x.dtype)


TRICKY.append(
    surrogate(fake_quantize, elementwise(fake_quantize_slope), "4-bit weights learn straight through", weights)
)


def one_hot_choice(logits):
    return jax.nn.one_hot(jnp.argmax(logits, axis=-1), logits.shape[-1], dtype=logits.dtype)


def softmax_for_argmax_bwd(saved, dy):
    y = jax.nn.softmax(saved[0], axis=-1)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


TRICKY.append(surrogate(one_hot_choice, softmax_for_argmax_bwd, "the choice learns through its softmax", weights))
