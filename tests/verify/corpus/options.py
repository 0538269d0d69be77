"""Right for the default of a static option, and for no other value of it."""

from typing import Literal

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair, uniform

PAIRS = []


def softmax_along(x, axis: int = -1):
    return jax.nn.softmax(x, axis=axis)


@in_float32
def softmax_along_bwd(axis, saved, dy):
    y = jax.nn.softmax(saved[0], axis=axis)
    return (y * (dy - jnp.sum(y * dy, axis=axis, keepdims=True)),)


@in_float32
def softmax_along_last_axis_only_bwd(axis, saved, dy):
    y = jax.nn.softmax(saved[0], axis=axis)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


PAIRS.append(
    pair(
        "untested option",
        softmax_along,
        softmax_along_last_axis_only_bwd,
        softmax_along_bwd,
        lambda: (normal(4, 3),),
        nondiff_argnums=(1,),
    )
)


def squared_error(a, b, reduction: Literal["mean", "sum", "none"] = "mean"):
    error = (a - b) ** 2
    return {"mean": jnp.mean, "sum": jnp.sum, "none": lambda e: e}[reduction](error)


@in_float32
def squared_error_bwd(reduction, saved, dy):
    a, b = saved
    da = dy * 2 * (a - b) / (a.size if reduction == "mean" else 1)
    return da, -da


@in_float32
def squared_error_always_averaged_bwd(reduction, saved, dy):  # aprender#2182
    a, b = saved
    da = dy * 2 * (a - b) / a.size
    return da, -da


PAIRS.append(
    pair(
        "untested option",
        squared_error,
        squared_error_always_averaged_bwd,
        squared_error_bwd,
        lambda: (normal(4, 3), normal(4, 3, seed=1)),
        nondiff_argnums=(2,),
    )
)


def smooth_l1(error, beta: float = 1.0):
    size = jnp.abs(error)
    return jnp.where(size < beta, 0.5 * jnp.minimum(size, beta) ** 2 / (beta or 1.0), size - 0.5 * beta)


@in_float32
def smooth_l1_bwd(beta, saved, dy):
    (error,) = saved
    return (dy * jnp.where(jnp.abs(error) < beta, error / (beta or 1.0), jnp.sign(error)),)


@in_float32
def smooth_l1_beta_forgotten_bwd(beta, saved, dy):  # as first proposed in pytorch#17447
    (error,) = saved
    return (dy * jnp.clip(error, -1, 1),)


PAIRS.append(
    pair(
        "untested option",
        smooth_l1,
        smooth_l1_beta_forgotten_bwd,
        smooth_l1_bwd,
        lambda: (normal(4, 3),),
        nondiff_argnums=(1,),
    )
)


def power(x, n: int = 2):
    return x**n


@in_float32
def power_bwd(n, saved, dy):
    (x,) = saved
    return (dy * n * x ** (n - 1) if n != 0 else jnp.zeros_like(x),)


@in_float32
def power_always_squared_bwd(n, saved, dy):
    (x,) = saved
    return (dy * n * x,)


PAIRS.append(
    pair(
        "untested option",
        power,
        power_always_squared_bwd,
        power_bwd,
        lambda: (normal(4, 3),),
        nondiff_argnums=(1,),
    )
)


def running_sum(x, reverse: bool = False):
    return jax.lax.cumsum(x, axis=x.ndim - 1, reverse=reverse)


@in_float32
def running_sum_bwd(reverse, saved, dy):
    return (jax.lax.cumsum(dy, axis=dy.ndim - 1, reverse=not reverse),)


@in_float32
def running_sum_flag_ignored_bwd(reverse, saved, dy):
    return (jax.lax.cumsum(dy, axis=dy.ndim - 1, reverse=True),)


PAIRS.append(
    pair(
        "untested option",
        running_sum,
        running_sum_flag_ignored_bwd,
        running_sum_bwd,
        lambda: (normal(3, 4),),
        nondiff_argnums=(1,),
    )
)


def leaky_relu(x, slope: float = 0.01):
    return jnp.where(x > 0, x, slope * x)


@in_float32
def leaky_relu_bwd(slope, saved, dy):
    return (jnp.where(saved[0] > 0, dy, slope * dy),)


@in_float32
def leaky_relu_slope_hard_coded_bwd(slope, saved, dy):
    return (jnp.where(saved[0] > 0, dy, 0.01 * dy),)


PAIRS.append(
    pair(
        "untested option",
        leaky_relu,
        leaky_relu_slope_hard_coded_bwd,
        leaky_relu_bwd,
        lambda: (normal(4, 3),),
        nondiff_argnums=(1,),
    )
)


def shift(x, mode: Literal["zero", "wrap"] = "zero"):
    moved = jnp.roll(x, 1, axis=-1)
    return moved if mode == "wrap" else moved.at[..., 0].set(0)


def shift_bwd(mode, saved, dy):
    return (jnp.roll(dy if mode == "wrap" else dy.at[..., 0].set(0), -1, axis=-1),)


def shift_never_wraps_bwd(mode, saved, dy):
    return (jnp.roll(dy.at[..., 0].set(0), -1, axis=-1),)


PAIRS.append(
    pair(
        "untested option",
        shift,
        shift_never_wraps_bwd,
        shift_bwd,
        lambda: (normal(3, 5),),
        nondiff_argnums=(1,),
    )
)


def smoothed_cross_entropy(logits, targets, smoothing: float = 0.0):
    targets = (1 - smoothing) * targets + smoothing / logits.shape[-1]
    return -jnp.sum(targets * jax.nn.log_softmax(logits, axis=-1), axis=-1)


@in_float32
def smoothed_cross_entropy_bwd(smoothing, saved, dy):
    logits, targets = saved
    smoothed = (1 - smoothing) * targets + smoothing / logits.shape[-1]
    total = jnp.sum(smoothed, axis=-1, keepdims=True)
    dtargets = -(1 - smoothing) * jax.nn.log_softmax(logits, axis=-1)
    return dy[..., None] * (jax.nn.softmax(logits, axis=-1) * total - smoothed), dy[..., None] * dtargets


@in_float32
def smoothed_cross_entropy_unsmoothed_bwd(smoothing, saved, dy):
    return smoothed_cross_entropy_bwd(0.0, saved, dy)


PAIRS.append(
    pair(
        "untested option",
        smoothed_cross_entropy,
        smoothed_cross_entropy_unsmoothed_bwd,
        smoothed_cross_entropy_bwd,
        lambda: (normal(4, 5), uniform(4, 5)),
        nondiff_argnums=(2,),
    )
)


def standardize(x, centered: bool = True):
    """Rows over their standard deviation, or over their root mean square."""
    x = x - jnp.mean(x, axis=-1, keepdims=True) if centered else x
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-5)


def standardize_pullback(x, dy, y_centered, dx_centered):
    x = x - jnp.mean(x, axis=-1, keepdims=True) if y_centered else x
    rscale = jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-5)
    y = x * rscale
    dx = rscale * (dy - y * jnp.mean(dy * y, axis=-1, keepdims=True))
    return (dx - jnp.mean(dx, axis=-1, keepdims=True) if dx_centered else dx,)


@in_float32
def standardize_bwd(centered, saved, dy):
    return standardize_pullback(*saved, dy, centered, centered)


@in_float32
def standardize_always_centered_bwd(centered, saved, dy):
    return standardize_pullback(*saved, dy, centered, True)


PAIRS.append(
    pair(
        "untested option",
        standardize,
        standardize_always_centered_bwd,
        standardize_bwd,
        lambda: (normal(4, 6),),
        nondiff_argnums=(1,),
    )
)
