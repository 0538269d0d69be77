"""Sums where means belong and the other way round, the wrong count, and broadcasts that are not summed back."""

import jax.numpy as jnp

from .entry import in_float32, normal, pair, uniform

PAIRS = []


def mean_squared_error(a, b):
    return jnp.mean((a - b) ** 2)


@in_float32
def mean_squared_error_bwd(saved, dy):
    a, b = saved
    da = dy * 2 * (a - b) / a.size
    return da, -da


@in_float32
def mean_squared_error_summed_bwd(saved, dy):
    a, b = saved
    da = dy * 2 * (a - b)
    return da, -da


PAIRS.append(
    pair(
        "sum where mean",
        mean_squared_error,
        mean_squared_error_summed_bwd,
        mean_squared_error_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
    )
)


def row_sum(x):
    return jnp.sum(x, axis=-1)


@in_float32
def row_sum_bwd(saved, dy):
    (x,) = saved
    return (jnp.broadcast_to(dy[..., None], x.shape),)


@in_float32
def row_sum_averaged_bwd(saved, dy):
    (x,) = saved
    return (jnp.broadcast_to(dy[..., None] / x.shape[-1], x.shape),)


PAIRS.append(pair("mean where sum", row_sum, row_sum_averaged_bwd, row_sum_bwd, lambda: (normal(4, 3),)))


def row_mean(x):
    return jnp.mean(x, axis=-1)


@in_float32
def row_mean_bwd(saved, dy):
    (x,) = saved
    return (jnp.broadcast_to(dy[..., None] / x.shape[-1], x.shape),)


@in_float32
def row_mean_counts_rows_bwd(saved, dy):
    (x,) = saved
    return (jnp.broadcast_to(dy[..., None] / x.shape[0], x.shape),)


PAIRS.append(pair("wrong count", row_mean, row_mean_counts_rows_bwd, row_mean_bwd, lambda: (normal(4, 4),)))


def add_bias(x, b):
    return x + b


@in_float32
def add_bias_bwd(saved, dy):
    return dy, jnp.sum(dy, axis=tuple(range(dy.ndim - 1)))


@in_float32
def add_bias_first_row_only_bwd(saved, dy):
    _, b = saved
    return dy, dy.reshape(-1, *b.shape)[0]


PAIRS.append(
    pair(
        "batch not summed",
        add_bias,
        add_bias_first_row_only_bwd,
        add_bias_bwd,
        lambda: (normal(1, 4), normal(4, seed=1)),
    )
)


def scale_features(x, gain):
    return x * gain


@in_float32
def scale_features_bwd(saved, dy):
    x, gain = saved
    return dy * gain, jnp.sum(dy * x, axis=tuple(range(x.ndim - 1)))


@in_float32
def scale_features_averaged_bwd(saved, dy):
    x, gain = saved
    return dy * gain, jnp.mean(dy * x, axis=tuple(range(x.ndim - 1)))


PAIRS.append(
    pair(
        "mean where sum",
        scale_features,
        scale_features_averaged_bwd,
        scale_features_bwd,
        lambda: (normal(1, 4), normal(4, seed=1)),
    )
)


def temperature(x, t):
    return x / t


@in_float32
def temperature_bwd(saved, dy):
    x, t = saved
    return dy / t, -jnp.sum(dy * (x / t)) / t


@in_float32
def temperature_broadcast_averaged_bwd(saved, dy):
    x, t = saved
    return dy / t, -jnp.mean(dy * (x / t)) / t


PAIRS.append(
    pair(
        "mean where sum",
        temperature,
        temperature_broadcast_averaged_bwd,
        temperature_bwd,
        lambda: (normal(4, 3), uniform()),
    )
)


def weighted_mean(x, w):
    return jnp.sum(x * (w / jnp.sum(w)))


@in_float32
def weighted_mean_bwd(saved, dy):
    x, w = saved
    return dy * w / jnp.sum(w), dy * (x - weighted_mean(x, w)) / jnp.sum(w)


@in_float32
def weighted_mean_counts_entries_bwd(saved, dy):
    x, w = saved
    return dy * w / w.size, dy * (x - weighted_mean(x, w)) / w.size


PAIRS.append(
    pair(
        "wrong count",
        weighted_mean,
        weighted_mean_counts_entries_bwd,
        weighted_mean_bwd,
        lambda: (normal(6), uniform(6)),
    )
)


def sample_variance(x):
    return jnp.var(x, axis=-1, ddof=1)


@in_float32
def sample_variance_bwd(saved, dy):
    (x,) = saved
    centered = x - jnp.mean(x, axis=-1, keepdims=True)
    return (dy[..., None] * 2 * centered / (x.shape[-1] - 1),)


@in_float32
def sample_variance_divides_by_n_bwd(saved, dy):
    (x,) = saved
    centered = x - jnp.mean(x, axis=-1, keepdims=True)
    return (dy[..., None] * 2 * centered / x.shape[-1],)


PAIRS.append(
    pair("wrong count", sample_variance, sample_variance_divides_by_n_bwd, sample_variance_bwd, lambda: (normal(4, 6),))
)


def cumulative_sum(x):
    return jnp.cumsum(x, axis=-1)


@in_float32
def cumulative_sum_bwd(saved, dy):
    return (jnp.flip(jnp.cumsum(jnp.flip(dy, -1), axis=-1), -1),)


@in_float32
def cumulative_sum_not_reversed_bwd(saved, dy):
    return (jnp.cumsum(dy, axis=-1),)


PAIRS.append(
    pair("transposed", cumulative_sum, cumulative_sum_not_reversed_bwd, cumulative_sum_bwd, lambda: (normal(4, 5),))
)
