"""Which numbers a dropout zeroes, and what becomes of the others."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, PRNGKeyArray

from ..core.errors import ShapeError
from ..core.precision import widen
from .random_bits import random_bits


def dropped_places(
    shape: tuple[int, ...], key: PRNGKeyArray, rate: Float[Array, ""] | float, exact: bool
) -> Bool[Array, "*shape"]:
    check_rate(rate, shape, exact)
    bits = random_bits(key, shape)
    if not exact:
        return bits < (_as_number(rate) * 2.0**32).astype(jnp.uint32)
    rank = jnp.argsort(jnp.argsort(bits, axis=-1), axis=-1)
    return rank < _count(_as_number(rate).astype(jnp.float32), shape[-1]).astype(rank.dtype)


def masked(
    x: Float[Array, "*shape"], dropped: Bool[Array, "*shape"], rate: Float[Array, ""] | float, exact: bool
) -> Float[Array, "*shape"]:
    wide, rate = widen(x), _as_number(rate)
    if exact:
        n = x.shape[-1]
        scale = n / (n - _count(rate.astype(jnp.float32), n).astype(wide.dtype))
    else:
        scale = 1 / (1 - rate)
    scale = jnp.where((rate >= 0) & (rate < 1), scale, jnp.nan).astype(wide.dtype)
    return (wide * jnp.where(dropped, 0 * scale, scale)).astype(x.dtype)


def _as_number(rate: Float[Array, ""] | float) -> Float[Array, ""]:
    return jax.lax.stop_gradient(widen(jnp.asarray(rate)))


def _count(rate: np.float32 | Float[Array, ""], n: int) -> np.float32 | Float[Array, ""]:
    """How many of n features the exact mode drops; in float32 everywhere, so that all agree about a half."""
    return (rate * n).round()


def check_rate(rate: Float[Array, ""] | float, shape: tuple[int, ...], exact: bool) -> None:
    if exact and not shape:
        raise ShapeError("dropout(exact=True) got a single number; it wants features on the last axis")
    if isinstance(rate, jax.core.Tracer):
        return
    number = np.float32(rate)
    if not 0 <= number < 1:
        raise ValueError(f"dropout got rate={number!s}; it wants the probability of zeroing: at least 0 and below 1")
    if exact and _count(number, shape[-1]) == shape[-1] > 0:
        raise ShapeError(
            f"dropout(exact=True) got rate={number!s} for n={shape[-1]} features, which would zero k={shape[-1]}; "
            "it must keep at least one: lower the rate, or use exact=False"
        )
