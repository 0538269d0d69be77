"""The backward pass depends on something besides its residuals: on globals, caches, call counts, devices."""

import jax
import jax.numpy as jnp

from .entry import Pair, in_float32, normal, pair, rule

PAIRS = []


def square(x):
    return x * x


@in_float32
def square_bwd(saved, dy):
    return (2 * saved[0] * dy,)


_LATEST = {}


@jax.custom_vjp
def square_of_the_latest(x):
    return x * x


def square_of_the_latest_fwd(x):
    _LATEST["x"] = x
    return square_of_the_latest(x), None


def square_of_the_latest_bwd(saved, dy):
    x = _LATEST["x"]
    return ((2 * x * dy).astype(x.dtype),)


square_of_the_latest.defvjp(square_of_the_latest_fwd, square_of_the_latest_bwd)
PAIRS.append(
    Pair(
        "residual_in_a_global",
        "state outside the residuals",
        square_of_the_latest,
        rule(square, square_bwd),
        lambda: (normal(4, 3),),
    )
)

_STACK = []


@jax.custom_vjp
def exponential_with_a_stack(x):
    return jnp.exp(x)


def exponential_with_a_stack_fwd(x):
    y = exponential_with_a_stack(x)
    _STACK.append(y)
    return y, None


def exponential_with_a_stack_bwd(saved, dy):
    y = _STACK.pop() if len(_STACK) > 1 else _STACK[0]
    return ((y * dy).astype(y.dtype),)


def exponential(x):
    return jnp.exp(x)


@in_float32
def exponential_bwd(saved, dy):
    return (jnp.exp(saved[0]) * dy,)


exponential_with_a_stack.defvjp(exponential_with_a_stack_fwd, exponential_with_a_stack_bwd)
PAIRS.append(
    Pair(
        "residuals_on_a_stack",
        "state outside the residuals",
        exponential_with_a_stack,
        rule(exponential, exponential_bwd),
        lambda: (normal(5),),
    )
)

_MASKS = {}


def rectify(x):
    return jnp.maximum(x, 0)


def rectify_fwd(x):
    return rectify(x), x


def rectify_bwd(x, dy):
    return (jnp.where(x > 0, dy, 0),)


def rectify_mask_cached_by_shape_bwd(x, dy):
    mask = x > 0
    if not isinstance(x, jax.core.Tracer):
        mask = _MASKS.setdefault((x.shape, x.dtype), mask)
    return (jnp.where(mask, dy, 0),)


PAIRS.append(
    pair(
        "state outside the residuals",
        rectify,
        rectify_mask_cached_by_shape_bwd,
        rectify_bwd,
        lambda: (normal(4, 3),),
        fwd=rectify_fwd,
    )
)

_PEAK = []


def cube(x):
    return x**3


@in_float32
def cube_bwd(saved, dy):
    return (3 * saved[0] ** 2 * dy,)


@in_float32
def cube_scaled_by_running_peak_bwd(saved, dy):
    if not isinstance(dy, jax.core.Tracer):
        _PEAK.append(float(jnp.max(jnp.abs(dy), initial=0)))
    return (3 * saved[0] ** 2 * dy * (0.9 if len(_PEAK) > 3 else 1),)  # "warm-up is over"


PAIRS.append(
    pair("state outside the residuals", cube, cube_scaled_by_running_peak_bwd, cube_bwd, lambda: (normal(3, 4),))
)


def weighted(x, w):
    return x * w


@in_float32
def weighted_bwd(saved, dy):
    x, w = saved
    return dy * w, dy * x


@in_float32
def weighted_divided_by_devices_bwd(saved, dy):
    x, w = saved
    return dy * w, dy * x / jax.device_count()


PAIRS.append(
    pair(
        "depends on the number of devices",
        weighted,
        weighted_divided_by_devices_bwd,
        weighted_bwd,
        lambda: (normal(8, 3), normal(8, 3, seed=1)),
    )
)
