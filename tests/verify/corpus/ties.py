"""Right at a tie, which may go to the first, to the last, or be split; sorting and ranking are full of them."""

import jax
import jax.numpy as jnp

from .entry import in_float32, tricky

TRICKY = []


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
