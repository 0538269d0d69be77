"""AvgPool, the mean of each window."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen
from .windows import Padding, Sizes, Windows, pad, pool_windows, seen, spread


@partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3, 4))
def avg_pool(
    x: Float[Array, "batch *space channels"],
    window: Sizes = 2,
    stride: Sizes | None = None,
    padding: Padding = "valid",
    count_padding: bool = False,
) -> Float[Array, "batch *outputs channels"]:
    """The mean of each window, for each channel.

    Forward:  y[p] = Σ x[q] / n[p] over the places q that window p sees
    Backward: dx[q] = Σ dy[p] / n[p] over the windows p that see q

    n[p] counts the places that hold a number, so that padding does not pull the edges towards 0; with `count_padding`
    (PyTorch's default) all places of the window. stride = window where None; padding as in `conv`, each pair smaller
    than the window. What no window sees has dx = 0. Half precision sums in float32. Nothing is kept. Raises ShapeError
    where no window fits.
    """
    return avg_pool_reference(x, window, stride, padding, count_padding)


def avg_pool_fwd(
    x: Float[Array, "batch *space channels"],
    window: Sizes,
    stride: Sizes | None,
    padding: Padding,
    count_padding: bool,
) -> tuple[Float[Array, "batch *outputs channels"], Like]:
    return avg_pool(x, window, stride, padding, count_padding), like(x)


def avg_pool_bwd(
    window: Sizes,
    stride: Sizes | None,
    padding: Padding,
    count_padding: bool,
    x: Like,
    dy: Float[Array, "batch *outputs channels"],
) -> tuple[Float[Array, "batch *space channels"]]:
    w = pool_windows("AvgPool", x.shape, window, stride, padding)
    share = widen(dy) * _weights(w, count_padding, widen(dy).dtype)
    return (match_cotangent(spread([share] * len(list(w.places())), w), x),)


avg_pool.defvjp(avg_pool_fwd, avg_pool_bwd)


def avg_pool_reference(
    x: Float[Array, "batch *space channels"],
    window: Sizes = 2,
    stride: Sizes | None = None,
    padding: Padding = "valid",
    count_padding: bool = False,
) -> Float[Array, "batch *outputs channels"]:
    """`avg_pool` for automatic differentiation."""
    w = pool_windows("AvgPool", x.shape, window, stride, padding)
    padded = pad(widen(x), w)
    first, *others = w.places()
    total = seen(padded, w, first)
    for place in others:
        total = total + seen(padded, w, place)
    return (total * _weights(w, count_padding, total.dtype)).astype(x.dtype)


def _weights(w: Windows, count_padding: bool, dtype: jnp.dtype) -> Float[np.ndarray, "*outputs 1"]:
    """1 / n for each window."""
    n = np.array(1.0)
    for size, k, o, s, (before, _) in zip(w.inputs, w.size, w.outputs, w.stride, w.padding, strict=True):
        start = np.arange(o) * s - before
        held = np.minimum(start + k, size) - np.maximum(start, 0)
        n = n[..., None] * (k if count_padding else held)
    return (1 / n[..., None]).astype(dtype)


@configurable
class AvgPool(Module):
    """The mean of each window: `avg_pool`."""

    window: Sizes = 2
    stride: Sizes | None = None
    padding: Padding = "valid"
    count_padding: bool = False

    def apply(
        self, variables: Variables, x: Float[Array, "batch *space channels"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "batch *outputs channels"]], tuple[()]]:
        rule = context.pick(avg_pool, avg_pool_reference)
        return (rule(x, self.window, self.stride, self.padding, self.count_padding),), ()
