"""Rotary positions: queries and keys turned by angles that grow with their place (Su et al. 2021)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.precision import widen


class RotaryResiduals(NamedTuple):
    x: Like
    base: float | Float[Array, ""]
    start: int | Int[Array, ""]


@jax.custom_vjp
def rotary(
    x: Float[Array, "*batch time heads size"],
    base: float | Float[Array, ""] = 10000.0,
    start: int | Int[Array, ""] = 0,
) -> Float[Array, "*batch time heads size"]:
    """Pairs of numbers, turned by an angle for each place (Su et al. 2021, https://arxiv.org/abs/2104.09864).

    Forward:  (y_i, y_{i+n}) = R(t θ_i) (x_i, x_{i+n}),  θ_i = base^(−i/n),  n = size / 2,  R(a) a turn by a
    Backward: dx is dy turned back, by −t θ_i; none for the base and the start

    Places t are counted from `start`.

    The product of a query with a key then depends on how far apart they are, not on where. A number's partner lies half
    the size further on, as in GPT-NeoX and Llama's published weights; not next to it, as in the paper. Half
    precision computes in float32. Raises ShapeError for an odd size.
    """
    return rotary_reference(x, base, start)


def rotary_fwd(
    x: Float[Array, "*batch time heads size"], base: float | Float[Array, ""], start: int | Int[Array, ""]
) -> tuple[Float[Array, "*batch time heads size"], RotaryResiduals]:
    return rotary(x, base, start), RotaryResiduals(like(x), base, start)


def rotary_bwd(
    residuals: RotaryResiduals, dy: Float[Array, "*batch time heads size"]
) -> tuple[Float[Array, "*batch time heads size"], None, None]:
    x, base, start = residuals
    return match_cotangent(_turned(dy, base, start, -1), x), None, None


rotary.defvjp(rotary_fwd, rotary_bwd)


def rotary_reference(
    x: Float[Array, "*batch time heads size"],
    base: float | Float[Array, ""] = 10000.0,
    start: int | Int[Array, ""] = 0,
) -> Float[Array, "*batch time heads size"]:
    """`rotary` for automatic differentiation."""
    if x.ndim < 3 or x.shape[-1] % 2:
        raise ShapeError(f"rotary got x of shape {x.shape}; it wants (…, time, heads, size), of an even size")
    return _turned(x, base, start, 1)


def _turned(
    x: Float[Array, "*shape"], base: float | Float[Array, ""], start: int | Int[Array, ""], way: int
) -> Float[Array, "*shape"]:
    wide, half = widen(x), x.shape[-1] // 2
    base = jax.lax.stop_gradient(jnp.asarray(base, wide.dtype))
    speeds = base ** (-jnp.arange(half, dtype=wide.dtype) / half)
    places = (jnp.arange(x.shape[-3]) + start).astype(wide.dtype)
    angles = places[:, None, None] * speeds
    cos, sin = jnp.cos(angles), way * jnp.sin(angles)
    first, second = wide[..., :half], wide[..., half:]
    turned = jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return turned.astype(x.dtype)
