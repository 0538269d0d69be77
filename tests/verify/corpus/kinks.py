"""Right at a kink, a tie or a step, where every choice between the one-sided derivatives is a derivative."""

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


def larger(a, b):
    return jnp.maximum(a, b)


@in_float32
def tie_to_first_bwd(saved, dy):
    a, b = saved
    return jnp.where(a >= b, dy, 0), jnp.where(a >= b, 0, dy)


@in_float32
def tie_to_last_bwd(saved, dy):
    a, b = saved
    return jnp.where(a > b, dy, 0), jnp.where(a > b, 0, dy)


@in_float32
def tie_split_bwd(saved, dy):
    a, b = saved
    share = jnp.where(a == b, 0.5, (a > b).astype(a.dtype))
    return dy * share, dy * (1 - share)


def tied():
    return jnp.array([1.0, 2.0, 0.0, -1.0]), jnp.array([1.0, 0.0, 0.0, -1.0])


for bwd in (tie_to_first_bwd, tie_to_last_bwd, tie_split_bwd):
    name = f"larger_{bwd.__name__.removesuffix('_bwd')}"
    TRICKY.append(tricky("a tie may go to either, or be split", larger, bwd, tied, name))


def row_max(x):
    return jnp.max(x, axis=-1)


def tied_rows():
    return (jnp.array([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.0, -1.0, 0.0]]),)


@in_float32
def row_max_first_bwd(saved, dy):
    (x,) = saved
    return (jnp.where(jnp.arange(x.shape[-1]) == jnp.argmax(x, axis=-1)[..., None], dy[..., None], 0),)


@in_float32
def row_max_split_bwd(saved, dy):
    (x,) = saved
    tied = (x == jnp.max(x, axis=-1, keepdims=True)).astype(x.dtype)
    return (dy[..., None] * tied / jnp.sum(tied, axis=-1, keepdims=True),)


TRICKY.append(tricky("ties go to the first", row_max, row_max_first_bwd, tied_rows, "row_max_first"))
TRICKY.append(tricky("ties are split", row_max, row_max_split_bwd, tied_rows, "row_max_split"))


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


def pool_pairs(x):
    return jnp.max(x.reshape(*x.shape[:-1], -1, 2), axis=-1)


@in_float32
def pool_pairs_bwd(saved, dy):
    (x,) = saved
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    first = pairs[..., :1] >= pairs[..., 1:]
    return (jnp.where(jnp.concatenate([first, ~first], axis=-1), dy[..., None], 0).reshape(x.shape),)


TRICKY.append(
    tricky(
        "ties in half of the windows",
        pool_pairs,
        pool_pairs_bwd,
        lambda: (jnp.array([[1.0, 1, 0, 2], [0, 0, 3, 3]]),),
    )
)


def ascending(x):
    return jnp.sort(x, axis=-1)


@in_float32
def ascending_bwd(saved, dy):
    ranks = jnp.argsort(jnp.argsort(saved[0], axis=-1), axis=-1)
    return (jnp.take_along_axis(dy, ranks, axis=-1),)


TRICKY.append(
    tricky(
        "equal entries keep their order; partial derivatives at a triple tie are 0", ascending, ascending_bwd, tied_rows
    )
)


def two_largest(x):
    return jax.lax.top_k(x, 2)[0]


@in_float32
def two_largest_bwd(saved, dy):
    (x,) = saved
    one_hot = jax.nn.one_hot(jax.lax.top_k(x, 2)[1], x.shape[-1], dtype=x.dtype)
    return (jnp.sum(dy[..., None] * one_hot, axis=-2),)


TRICKY.append(tricky("ties among the largest", two_largest, two_largest_bwd, tied_rows))


def spread(x):
    return jnp.max(x, axis=-1) - jnp.min(x, axis=-1)


@in_float32
def spread_bwd(saved, dy):
    (x,) = saved
    place = jnp.arange(x.shape[-1])
    top = (place == jnp.argmax(x, axis=-1)[..., None]).astype(x.dtype)
    return (dy[..., None] * (top - (place == jnp.argmin(x, axis=-1)[..., None]).astype(x.dtype)),)


TRICKY.append(tricky("a row of equal entries", spread, spread_bwd, tied_rows))


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


def median(x):
    return jnp.median(x, axis=-1)


@in_float32
def median_bwd(saved, dy):
    (x,) = saved
    order = jnp.argsort(x, axis=-1)
    low, high = order[..., (x.shape[-1] - 1) // 2], order[..., x.shape[-1] // 2]
    one_hots = jax.nn.one_hot(low, x.shape[-1], dtype=x.dtype) + jax.nn.one_hot(high, x.shape[-1], dtype=x.dtype)
    return (dy[..., None] * one_hots / 2,)


TRICKY.append(
    tricky("an even count, with ties", median, median_bwd, lambda: (jnp.array([[1.0, 2, 2, 3], [0, 0, 0, 0]]),))
)
