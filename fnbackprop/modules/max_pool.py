"""MaxPool, the largest number of each window."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Integer

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen
from .windows import Padding, Sizes, Windows, pad, pool_windows, seen, spread


class MaxPoolResiduals(NamedTuple):
    winner: Integer[Array, "batch *outputs channels"]
    x: Like


@partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3))
def max_pool(
    x: Float[Array, "batch *space channels"], window: Sizes = 2, stride: Sizes | None = None, padding: Padding = "valid"
) -> Float[Array, "batch *outputs channels"]:
    """The largest number of each window, for each channel.

    Forward:  y[p] = max x[q] over the places q that window p sees
    Backward: dx[q] = Σ dy[p] over the windows p that q won

    A tie goes to the last in row-major order, as the lecture's Max does; PyTorch and XLA give it to the first. A NaN
    wins, the last of several. Padding never wins, whatever x holds. stride = window where None; padding as in `conv`,
    each pair smaller than the window. What no window sees (the odd row of a 2×2 pool) has dx = 0. Kept is one byte for
    each y, the winner's place in its window; not x. Raises ShapeError where no window fits.
    """
    return max_pool_reference(x, window, stride, padding)


def max_pool_fwd(
    x: Float[Array, "batch *space channels"], window: Sizes, stride: Sizes | None, padding: Padding
) -> tuple[Float[Array, "batch *outputs channels"], MaxPoolResiduals]:
    w = pool_windows("MaxPool", x.shape, window, stride, padding)
    y, winner = _contest(x, w)
    return y, MaxPoolResiduals(winner, like(x))


def max_pool_bwd(
    window: Sizes,
    stride: Sizes | None,
    padding: Padding,
    residuals: MaxPoolResiduals,
    dy: Float[Array, "batch *outputs channels"],
) -> tuple[Float[Array, "batch *space channels"]]:
    winner, x = residuals
    w = pool_windows("MaxPool", x.shape, window, stride, padding)
    wide, zero = widen(dy), jnp.zeros((), widen(dy).dtype)
    parts = [jnp.where(winner == number, wide, zero) for number, _ in enumerate(w.places())]
    return (match_cotangent(spread(parts, w), x),)


max_pool.defvjp(max_pool_fwd, max_pool_bwd)


def max_pool_reference(
    x: Float[Array, "batch *space channels"], window: Sizes = 2, stride: Sizes | None = None, padding: Padding = "valid"
) -> Float[Array, "batch *outputs channels"]:
    """`max_pool` for automatic differentiation."""
    return _contest(x, pool_windows("MaxPool", x.shape, window, stride, padding))[0]


def _contest(
    x: Float[Array, "batch *space channels"], w: Windows
) -> tuple[Float[Array, "batch *outputs channels"], Integer[Array, "batch *outputs channels"]]:
    """The largest number of each window, and the number of the place it stands at."""
    padded = pad(x, w, -jnp.inf)
    first, *others = w.places()
    y = seen(padded, w, first)
    winner = jnp.zeros(y.shape, jnp.uint8 if len(others) < 256 else jnp.int32)
    for number, place in enumerate(others, 1):
        rival = seen(padded, w, place)
        stays = (y > rival) | (jnp.isnan(y) & ~jnp.isnan(rival)) | ~_inside(w, place)
        y, winner = jnp.where(stays, y, rival), jnp.where(stays, winner, winner.dtype.type(number))
    return y, winner


def _inside(w: Windows, place: tuple[int, ...]) -> Bool[np.ndarray, "1 *outputs 1"]:
    """Which windows see a number at this place, and not padding."""
    inside = np.array(True)
    for n, o, s, (before, _), at in zip(w.inputs, w.outputs, w.stride, w.padding, place, strict=True):
        seen_at = np.arange(o) * s + at - before
        inside = inside[..., None] & (seen_at >= 0) & (seen_at < n)
    return inside[None, ..., None]


@configurable
class MaxPool(Module):
    """The largest number of each window: `max_pool`."""

    window: Sizes = 2
    stride: Sizes | None = None
    padding: Padding = "valid"

    def apply(
        self, variables: Variables, x: Float[Array, "batch *space channels"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "batch *outputs channels"]], tuple[()]]:
        return (context.pick(max_pool, max_pool_reference)(x, self.window, self.stride, self.padding),), ()
