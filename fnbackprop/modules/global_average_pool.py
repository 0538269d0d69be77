"""GlobalAvgPool, the mean over all of space (Lin et al. 2013)."""

import math

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen


@jax.custom_vjp
def global_average_pool(x: Float[Array, "batch *space channels"]) -> Float[Array, "batch channels"]:
    """The mean of each channel over all places of each example (Lin et al. 2013, https://arxiv.org/abs/1312.4400).

    Forward:  y = Σ x[q] / n over the n places q
    Backward: dx[q] = dy / n

    Half precision sums in float32. Nothing is kept. Raises ShapeError where there is no place to take a mean of.
    """
    return global_average_pool_reference(x)


def global_average_pool_fwd(x: Float[Array, "batch *space channels"]) -> tuple[Float[Array, "batch channels"], Like]:
    return global_average_pool(x), like(x)


def global_average_pool_bwd(
    x: Like, dy: Float[Array, "batch channels"]
) -> tuple[Float[Array, "batch *space channels"]]:
    batch, *space, channels = x.shape
    share = (widen(dy) / math.prod(space)).reshape(batch, *[1] * len(space), channels)
    return (match_cotangent(jnp.broadcast_to(share, x.shape), x),)


global_average_pool.defvjp(global_average_pool_fwd, global_average_pool_bwd)


def global_average_pool_reference(x: Float[Array, "batch *space channels"]) -> Float[Array, "batch channels"]:
    """`global_average_pool` for automatic differentiation."""
    if x.ndim < 3 or 0 in x.shape[1:-1]:
        raise ShapeError(
            f"GlobalAvgPool got shape {x.shape}; it wants (batch, *space, channels) with one place at least: reshape it"
        )
    return jnp.mean(widen(x), range(1, x.ndim - 1)).astype(x.dtype)


@configurable
class GlobalAvgPool(Module):
    """The mean of each channel over all of space: `global_average_pool`."""

    def apply(
        self, variables: Variables, x: Float[Array, "batch *space channels"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "batch channels"]], tuple[()]]:
        return (context.pick(global_average_pool, global_average_pool_reference)(x),), ()
