"""Right for the default of an axis, an exponent or another static number, and for no other value of it."""

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
