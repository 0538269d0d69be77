"""Gathers, sorts, slices, masks, segments: repeated, negative and clamped indices, permutations the wrong way."""

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair

PAIRS = []


def gather(x, index):
    return x[index]


@in_float32
def gather_bwd(saved, dy):
    x, index = saved
    return jnp.zeros_like(x).at[index].add(dy), None


@in_float32
def gather_repeats_overwritten_bwd(saved, dy):  # as with arrays in Zygote, Flux.jl#1516
    x, index = saved
    return jnp.zeros_like(x).at[index].set(dy), None


@in_float32
def gather_negative_index_lost_bwd(saved, dy):
    x, index = saved
    return jax.ops.segment_sum(dy, index, num_segments=len(x)), None


PAIRS.append(
    pair(
        "repeated indices",
        gather,
        gather_repeats_overwritten_bwd,
        gather_bwd,
        lambda: (normal(6, 2), jnp.array([3, 0, 5, 1])),
    )
)
PAIRS.append(
    pair(
        "negative indices",
        gather,
        gather_negative_index_lost_bwd,
        gather_bwd,
        lambda: (normal(6), jnp.array([3, 0, 5])),
    )
)


def ascending(x):
    return jnp.sort(x, axis=-1)


@in_float32
def ascending_bwd(saved, dy):
    order = jnp.argsort(saved[0], axis=-1)
    return (jnp.take_along_axis(dy, jnp.argsort(order, axis=-1), axis=-1),)


@in_float32
def ascending_permuted_forwards_bwd(saved, dy):
    return (jnp.take_along_axis(dy, jnp.argsort(saved[0], axis=-1), axis=-1),)


PAIRS.append(pair("transposed", ascending, ascending_permuted_forwards_bwd, ascending_bwd, lambda: (normal(2, 5),)))


def window(x, start):
    return jax.lax.dynamic_slice_in_dim(x, start, 3)


@in_float32
def window_bwd(saved, dy):
    x, start = saved
    return jax.lax.dynamic_update_slice_in_dim(jnp.zeros_like(x), dy, start, 0), None


@in_float32
def window_start_not_clamped_bwd(saved, dy):
    x, start = saved
    return jnp.zeros_like(x).at[start + jnp.arange(3)].set(dy, mode="drop"), None


PAIRS.append(
    pair("clamped indices", window, window_start_not_clamped_bwd, window_bwd, lambda: (normal(8), jnp.array(2)))
)


def masked_mean(x, mask):
    return jnp.sum(jnp.where(mask, x, 0)) / jnp.maximum(jnp.sum(mask), 1).astype(x.dtype)


@in_float32
def masked_mean_bwd(saved, dy):
    x, mask = saved
    return jnp.where(mask, dy / jnp.maximum(jnp.sum(mask), 1).astype(x.dtype), 0), None


@in_float32
def masked_mean_counts_everything_bwd(saved, dy):
    x, mask = saved
    return jnp.where(mask, dy / x.size, 0), None


PAIRS.append(
    pair(
        "wrong count",
        masked_mean,
        masked_mean_counts_everything_bwd,
        masked_mean_bwd,
        lambda: (normal(4, 3), jnp.ones((4, 3), bool)),
    )
)


def segment_totals(x, segments):
    return jax.ops.segment_sum(x, segments, num_segments=4)


@in_float32
def segment_totals_bwd(saved, dy):
    _, segments = saved
    return dy.at[segments].get(mode="fill", fill_value=0, wrap_negative_indices=False), None


@in_float32
def segment_totals_averaged_bwd(saved, dy):
    x, segments = saved
    count = jax.ops.segment_sum(jnp.ones_like(x), segments, num_segments=4)
    share = dy / jnp.maximum(count, 1)
    return share.at[segments].get(mode="fill", fill_value=0, wrap_negative_indices=False), None


PAIRS.append(
    pair(
        "mean where sum",
        segment_totals,
        segment_totals_averaged_bwd,
        segment_totals_bwd,
        lambda: (normal(4), jnp.arange(4)),
    )
)


def scatter(values, index):
    """Write values into ten zeros; of several for one place the last stays."""
    if values.shape != index.shape:
        raise ValueError(f"scatter: got {values.shape} values for {index.shape} places")
    slots = jnp.arange(10)[:, None] == index
    last = jnp.max(jnp.where(slots, jnp.arange(len(index)), -1), axis=1)
    return jnp.where(last >= 0, values[last], 0)


@in_float32
def scatter_bwd(saved, dy):
    _, index = saved
    order = jnp.arange(len(index))
    overwritten = jnp.any((index[:, None] == index) & (order[:, None] < order), axis=1)
    inside = (index >= 0) & (index < 10)
    return jnp.where(inside & ~overwritten, dy[jnp.clip(index, 0, 9)], 0), None


@in_float32
def scatter_overwritten_value_credited_bwd(saved, dy):  # pytorch#80204
    _, index = saved
    inside = (index >= 0) & (index < 10)
    return jnp.where(inside, dy[jnp.clip(index, 0, 9)], 0), None


PAIRS.append(
    pair(
        "repeated indices",
        scatter,
        scatter_overwritten_value_credited_bwd,
        scatter_bwd,
        lambda: (normal(4), jnp.array([7, 2, 5, 0])),
    )
)
