"""Wrong only at special points: zeros, ties, −inf logits, overflow, saturation, values too small to square."""

import jax
import jax.numpy as jnp

from .entry import elementwise, in_float32, normal, pair

PAIRS = []


def relu(x):
    return jnp.maximum(x, 0)


def relu_slope(x):
    return (x > 0).astype(x.dtype)


def relu_by_quotient(x):
    return jnp.maximum(x, 0) / x


PAIRS.append(pair("zero", relu, elementwise(relu_by_quotient), elementwise(relu_slope), lambda: (normal(4, 3),)))


def length(x):
    """Euclidean norms along the last axis, scaled so that nothing overflows."""
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    total = jnp.sum((x / jnp.where(peak > 0, peak, 1)) ** 2, axis=-1)
    return jnp.sqrt(jnp.where(total > 0, total, 1)) * peak[..., 0]


@in_float32
def length_bwd(saved, dy):
    (x,) = saved
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    unit = x / jnp.where(peak > 0, peak, 1)
    total = jnp.sum(unit**2, axis=-1, keepdims=True)
    return (unit * jax.lax.rsqrt(jnp.where(total > 0, total, 1)) * dy[..., None],)


@in_float32
def length_nan_at_zero_bwd(saved, dy):
    (x,) = saved
    return (x / length(x)[..., None] * dy[..., None],)


PAIRS.append(pair("zero", length, length_nan_at_zero_bwd, length_bwd, lambda: (normal(4, 3),)))


def sinc(x):
    return jnp.where(x == 0, 1, jnp.sin(x) / jnp.where(x == 0, 1, x))


def sinc_slope(x):
    safe = jnp.where(jnp.abs(x) < 0.3, 1, x)
    small = jnp.where(jnp.abs(x) < 0.3, x, 0)
    series = -1 / 3 + small**2 * (1 / 30 + small**2 * (-1 / 840 + small**2 * (1 / 45360 - small**2 / 3991680)))
    return jnp.where(jnp.abs(x) < 0.3, small * series, (jnp.cos(safe) - jnp.sin(safe) / safe) / safe)


def sinc_nan_at_zero(x):
    return (jnp.cos(x) - jnp.sin(x) / x) / x


PAIRS.append(pair("zero", sinc, elementwise(sinc_nan_at_zero), elementwise(sinc_slope), lambda: (normal(4, 3),)))


def product_of_row(x):
    return jnp.prod(x, axis=-1)


@in_float32
def product_of_row_bwd(saved, dy):
    (x,) = saved
    ones = jnp.ones_like(x[..., :1])
    before = jnp.cumprod(jnp.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = jnp.flip(jnp.cumprod(jnp.concatenate([ones, jnp.flip(x[..., 1:], -1)], axis=-1), axis=-1), -1)
    return (dy[..., None] * before * after,)


@in_float32
def product_of_row_by_division_bwd(saved, dy):  # NaN at a zero: tinygrad#17404
    (x,) = saved
    return ((dy * product_of_row(x))[..., None] / x,)


PAIRS.append(pair("zero", product_of_row, product_of_row_by_division_bwd, product_of_row_bwd, lambda: (normal(4, 3),)))


def cumulative_product(x):
    return jnp.cumprod(x, axis=-1)


@in_float32
def cumulative_product_bwd(saved, dy):
    (x,) = saved
    before = jnp.cumprod(jnp.concatenate([jnp.ones_like(x[..., :1]), x[..., :-1]], axis=-1), axis=-1)

    def accumulate(carry, factor_and_dy):
        factor, d = factor_and_dy
        return factor * (d + carry), d + carry

    moved = jnp.moveaxis(x, -1, 0), jnp.moveaxis(dy, -1, 0)
    _, tails = jax.lax.scan(accumulate, jnp.zeros_like(moved[0][0]), moved, reverse=True)
    return (before * jnp.moveaxis(tails, 0, -1),)


@in_float32
def cumulative_product_zero_swallowed_bwd(saved, dy):  # 0/0 replaced by 0: tensorflow#119430
    (x,) = saved
    ahead = jnp.flip(jnp.cumsum(jnp.flip(dy * jnp.cumprod(x, axis=-1), -1), axis=-1), -1)
    return (jnp.where(x == 0, 0, ahead / jnp.where(x == 0, 1, x)),)


PAIRS.append(
    pair(
        "zero",
        cumulative_product,
        cumulative_product_zero_swallowed_bwd,
        cumulative_product_bwd,
        lambda: (normal(2, 4),),
    )
)


def row_max(x):
    return jnp.max(x, axis=-1)


def row_max_pullback(x, dy, mask):
    return (jnp.where(mask, dy[..., None], 0),)


@in_float32
def row_max_bwd(saved, dy):
    (x,) = saved
    return row_max_pullback(x, dy, jnp.arange(x.shape[-1]) == jnp.argmax(x, axis=-1)[..., None])


@in_float32
def row_max_ties_multiplied_bwd(saved, dy):  # Theano#4568
    (x,) = saved
    return row_max_pullback(x, dy, x == jnp.max(x, axis=-1, keepdims=True))


@in_float32
def row_max_nearly_tied_bwd(saved, dy):  # mni-ml/framework#22
    (x,) = saved
    return row_max_pullback(x, dy, jnp.abs(x - jnp.max(x, axis=-1, keepdims=True)) < 1e-2)


PAIRS.append(pair("ties", row_max, row_max_ties_multiplied_bwd, row_max_bwd, lambda: (normal(4, 3),)))
PAIRS.append(pair("ties", row_max, row_max_nearly_tied_bwd, row_max_bwd, lambda: (normal(4, 5),)))


def larger(a, b):
    return jnp.maximum(a, b)


@in_float32
def larger_bwd(saved, dy):
    a, b = saved
    return jnp.where(a > b, dy, 0), jnp.where(a > b, 0, dy)


@in_float32
def larger_tie_counted_twice_bwd(saved, dy):
    a, b = saved
    return jnp.where(a >= b, dy, 0), jnp.where(b >= a, dy, 0)


PAIRS.append(
    pair("ties", larger, larger_tie_counted_twice_bwd, larger_bwd, lambda: (normal(4, 3), normal(4, 3, seed=1)))
)
