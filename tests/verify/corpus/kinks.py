"""Right at a kink or a step, where every choice between the one-sided derivatives is a derivative."""

import jax
import jax.numpy as jnp

from .entry import elementwise, in_float32, normal, tricky

TRICKY = []


def with_zeros():
    return (jnp.array([-2.0, -0.0, 0.0, 0.5, 0.0, 3.0]),)


def relu(x):
    return jnp.maximum(x, 0)


def zero_at_zero(x):
    return (x > 0).astype(x.dtype)


def half_at_zero(x):
    return jnp.where(x == 0, 0.5, zero_at_zero(x))


def one_at_zero(x):
    return (x >= 0).astype(x.dtype)


for slope in (zero_at_zero, half_at_zero, one_at_zero):
    name = f"relu_{slope.__name__}"
    TRICKY.append(tricky("any slope of [0, 1] is right at 0", relu, elementwise(slope), with_zeros, name))


def sign_zero_at_zero(x):
    return jnp.sign(x)


def sign_one_at_zero(x):
    return jnp.where(x >= 0, 1, -1).astype(x.dtype)


for slope in (sign_zero_at_zero, sign_one_at_zero):
    name = f"abs_{slope.__name__}"
    TRICKY.append(tricky("any slope of [−1, 1] is right at 0", jnp.abs, elementwise(slope), with_zeros, name))


def hinge(margin):
    return jnp.maximum(1 - margin, 0)


def hinge_slope(margin):
    return -(margin < 1).astype(margin.dtype)


TRICKY.append(
    tricky("margins of exactly 1", hinge, elementwise(hinge_slope), lambda: (jnp.array([1.0, -1.0, 1.0, 2.0]),))
)


def l1_norm(w):
    return jnp.sum(jnp.abs(w))


@in_float32
def l1_norm_bwd(saved, dy):
    return (dy * jnp.sign(saved[0]),)


TRICKY.append(tricky("weights of exactly 0", l1_norm, l1_norm_bwd, with_zeros))


def at_the_bounds():
    return (jnp.array([-3.0, -1.0, 0.5, 1.0, 1.0]),)


def unit_clip(x):
    return jnp.clip(x, -1, 1)


def passes_at_the_bound(x):
    return (jnp.abs(x) <= 1).astype(x.dtype)


def stops_at_the_bound(x):
    return (jnp.abs(x) < 1).astype(x.dtype)


for slope in (passes_at_the_bound, stops_at_the_bound):
    name = f"clip_{slope.__name__}"
    TRICKY.append(tricky("entries exactly at the bounds", unit_clip, elementwise(slope), at_the_bounds, name))


def soft_threshold(x):
    return jnp.sign(x) * jnp.maximum(jnp.abs(x) - 0.5, 0)


def soft_threshold_slope(x):
    return (jnp.abs(x) > 0.5).astype(x.dtype)


TRICKY.append(
    tricky(
        "entries at the threshold",
        soft_threshold,
        elementwise(soft_threshold_slope),
        lambda: (jnp.array([-0.5, 0.5, 2.0, 0.1]),),
    )
)


def no_slope(x):
    return jnp.zeros_like(x)


def best_one_hot(x):
    return jax.nn.one_hot(jnp.argmax(x, axis=-1), x.shape[-1], dtype=x.dtype)


def zeros_bwd(saved, dy):
    return (jnp.zeros_like(saved[0]),)


TRICKY.append(tricky("steps: the derivative is 0", jnp.floor, elementwise(no_slope), lambda: (normal(4, 3),), "floor"))
TRICKY.append(tricky("steps: the derivative is 0", jnp.sign, elementwise(no_slope), lambda: (normal(5),), "sign"))
TRICKY.append(tricky("steps: the derivative is 0", best_one_hot, zeros_bwd, lambda: (normal(4, 3),)))


def interpolate(x):
    return jnp.interp(x, jnp.arange(4.0).astype(x.dtype), jnp.array([0, 2, 1, 1], x.dtype))


def interpolate_slope(x):
    return jnp.select([x < 0, x < 1, x < 2], [0, 2, -1], 0).astype(x.dtype)


TRICKY.append(
    tricky(
        "queries at the knots", interpolate, elementwise(interpolate_slope), lambda: (jnp.array([0.0, 0.3, 1.0, 2, 5]),)
    )
)
