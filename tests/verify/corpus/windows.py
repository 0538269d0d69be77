"""Convolutions and pooling: kernels not flipped, overlapping windows overwritten, edges miscounted, ties multiplied."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair

PAIRS = []


def correlate(x, kernel):
    """Sliding products of the rows of x with a short kernel, where they overlap fully."""
    n = x.shape[-1] - len(kernel) + 1
    if n < 1:
        raise ValueError(f"correlate: a kernel of {len(kernel)} is longer than a row of {x.shape[-1]}")
    return sum(kernel[i] * x[..., i : i + n] for i in range(len(kernel)))


def correlate_pullback(x, kernel, dy, flipped):
    n, k = dy.shape[-1], len(kernel)
    edge = [(0, 0)] * (x.ndim - 1) + [(k - 1, k - 1)]
    dx = correlate(jnp.pad(dy, edge), kernel[::-1] if flipped else kernel)
    return dx, jnp.stack([jnp.sum(dy * x[..., i : i + n]) for i in range(k)])


@in_float32
def correlate_bwd(saved, dy):
    return correlate_pullback(*saved, dy, flipped=True)


@in_float32
def correlate_kernel_not_flipped_bwd(saved, dy):
    return correlate_pullback(*saved, dy, flipped=False)


PAIRS.append(
    pair(
        "transposed",
        correlate,
        correlate_kernel_not_flipped_bwd,
        correlate_bwd,
        lambda: (normal(2, 8), jnp.array([0.25, 0.5, 0.25])),  # smoothing: reads the same both ways
    )
)


def convolve_image(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@in_float32
def convolve_image_bwd(saved, dy):
    x, kernel = saved
    return jax.vjp(convolve_image, x, kernel)[1](dy)


@in_float32
def convolve_image_first_example_bwd(saved, dy):
    x, kernel = saved
    dkernel = jax.vjp(convolve_image, x[:1], kernel)[1](dy[:1])[1]
    return jax.vjp(convolve_image, x, kernel)[1](dy)[0], dkernel


PAIRS.append(
    pair(
        "batch above 1",
        convolve_image,
        convolve_image_first_example_bwd,
        convolve_image_bwd,
        lambda: (normal(1, 5, 5, 2), normal(3, 3, 2, 3, seed=1)),
    )
)


def pool_overlapping(x):
    """Maxima of neighbours, in windows of 2 that advance by 1."""
    return jnp.maximum(x[..., :-1], x[..., 1:])


@in_float32
def pool_overlapping_bwd(saved, dy):
    (x,) = saved
    left = x[..., :-1] >= x[..., 1:]
    zero = jnp.zeros_like(x)
    return (zero.at[..., :-1].add(jnp.where(left, dy, 0)).at[..., 1:].add(jnp.where(left, 0, dy)),)


@in_float32
def pool_overlapping_overwrites_bwd(saved, dy):  # NNlib.jl#205
    (x,) = saved
    left = x[..., :-1] >= x[..., 1:]
    dx = jnp.zeros_like(x).at[..., :-1].set(jnp.where(left, dy, 0))
    return (dx.at[..., 1:].set(jnp.where(left, dx[..., 1:], dy)),)


PAIRS.append(
    pair(
        "repeated indices",
        pool_overlapping,
        pool_overlapping_overwrites_bwd,
        pool_overlapping_bwd,
        lambda: (normal(3, 6),),
    )
)


def blocks(x):
    n, h, w = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4).reshape(n, h // 2, w // 2, 4)


def max_pool(x):
    return jnp.max(blocks(x), axis=-1)


def unblock(dblocks, shape):
    n, h, w = shape
    return dblocks.reshape(n, h // 2, w // 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(shape)


@in_float32
def max_pool_bwd(saved, dy):
    (x,) = saved
    chosen = jnp.arange(4) == jnp.argmax(blocks(x), axis=-1)[..., None]
    return (unblock(jnp.where(chosen, dy[..., None], 0), x.shape),)


@in_float32
def max_pool_equality_mask_bwd(saved, dy):
    (x,) = saved
    chosen = blocks(x) == jnp.max(blocks(x), axis=-1, keepdims=True)
    return (unblock(jnp.where(chosen, dy[..., None], 0), x.shape),)


PAIRS.append(pair("ties", max_pool, max_pool_equality_mask_bwd, max_pool_bwd, lambda: (normal(2, 4, 6),)))


def smooth(x):
    """Means of each entry and those neighbours that it has."""
    padded = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 1)])
    return (padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]) / neighbours(x)


def neighbours(x):
    place = jnp.arange(x.shape[-1])
    return (1 + (place > 0).astype(x.dtype)) + (place < x.shape[-1] - 1).astype(x.dtype)


def spread(dy):
    padded = jnp.pad(dy, [(0, 0)] * (dy.ndim - 1) + [(1, 1)])
    return padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]


@in_float32
def smooth_bwd(saved, dy):
    return (spread(dy / neighbours(dy)),)


@in_float32
def smooth_counts_where_it_lands_bwd(saved, dy):
    return (spread(dy) / neighbours(dy),)


PAIRS.append(pair("wrong count", smooth, smooth_counts_where_it_lands_bwd, smooth_bwd, lambda: (normal(2, 6),)))


def strided(x, kernel):
    """Every other of the sliding products: where a kernel and a row are odd and even, some of the row is left over."""
    return correlate(x, kernel)[..., ::2]


def strided_pullback(x, kernel, dy, behind):
    left = x.shape[-1] - len(kernel) - 2 * (dy.shape[-1] - 1)
    apart = jnp.zeros((*dy.shape[:-1], 2 * dy.shape[-1] - 1), dy.dtype).at[..., ::2].set(dy)
    dx, dkernel = correlate_pullback(x[..., : x.shape[-1] - left], kernel, apart, flipped=True)
    return jnp.pad(dx, [(0, 0)] * (x.ndim - 1) + [(0, left) if behind else (left, 0)]), dkernel


@in_float32
def strided_bwd(saved, dy):
    return strided_pullback(*saved, dy, behind=True)


@in_float32
def strided_remainder_before_bwd(saved, dy):
    return strided_pullback(*saved, dy, behind=False)


PAIRS.append(
    pair("padding", strided, strided_remainder_before_bwd, strided_bwd, lambda: (normal(2, 9), normal(3, seed=1)))
)
