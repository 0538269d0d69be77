"""Right for the default of a flag or a mode, and wrong for its other values."""

from typing import Literal

import jax
import jax.numpy as jnp

from .entry import in_float32, normal, pair

PAIRS = []


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
