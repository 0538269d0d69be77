"""What recurrent rules share: a loop over the times of a sequence, from a state of zeros."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import loop_zeros
from ..core.errors import ShapeError
from ..core.precision import widen
from ..core.sharding import over


def check_gates(
    who: str, z: Float[Array, "*batch time gates"], weight: Float[Array, "gates features"], gates: int
) -> None:
    """Refuse inputs whose features are not those of so many gates."""
    rows, features = weight.shape
    if z.ndim < 2 or z.shape[-1] != rows or rows != gates * features:
        raise ShapeError(
            f"{who} got z of shape {z.shape} and a weight of shape {weight.shape}; it wants (…, time, {gates} n) and "
            f"({gates} n, n), for n features"
        )


def scan_times(
    step: Callable, states: int, weight: Float[Array, "gates features"], *xs: Float[Array, "*batch time _"], **how: Any
) -> Any:
    """What `step` of (states, xs at a time) puts out at each time, along the axis before the last.

    The states begin at 0, as many as `weight` has columns; with `reverse=True` at the last time.
    """
    shape, place = (*xs[0].shape[:-2], weight.shape[1]), over(xs[0], *range(xs[0].ndim - 2), None)
    start = loop_zeros(shape, widen(xs[0]).dtype, *xs, weight, sharding=place)
    times = tuple(jnp.moveaxis(widen(x), -2, 0) for x in xs)
    _, out = jax.lax.scan(step, (start,) * states, times, **how)
    return jax.tree.map(lambda x: jnp.moveaxis(x, 0, -2), out)


def before(y: Float[Array, "*batch time features"]) -> Float[Array, "*batch time features"]:
    """Each time's predecessor; zeros before the first."""
    return jnp.concatenate([jnp.zeros_like(y[..., :1, :]), y[..., :-1, :]], axis=-2)
