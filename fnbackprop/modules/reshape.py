"""Reshape, the features of each example laid out anew."""

import math
from functools import partial
from typing import Annotated

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Shaped

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, ListsToo, Module, Variables, configurable
from ..core.sharding import over


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def reshape(x: Shaped[Array, "*shape"], shape: tuple[int, ...]) -> Shaped[Array, "..."]:
    """Each example in another shape; the first axis, of examples, stays.

    Forward:  y = x as (batch, *shape), in row-major order; one size may be −1, which is what is left
    Backward: dx = dy in the shape of x

    Raises ShapeError for a shape that holds another number of features.
    """
    return reshape_reference(x, shape)


def reshape_fwd(x: Shaped[Array, "*shape"], shape: tuple[int, ...]) -> tuple[Shaped[Array, "..."], Like]:
    return reshape(x, shape), like(x)


def reshape_bwd(shape: tuple[int, ...], x: Like, dy: Shaped[Array, "..."]) -> tuple[Shaped[Array, "*shape"]]:
    return (match_cotangent(dy.reshape(x.shape, out_sharding=over(dy, 0, *[None] * (len(x.shape) - 1))), x),)


reshape.defvjp(reshape_fwd, reshape_bwd)


def reshape_reference(x: Shaped[Array, "*shape"], shape: tuple[int, ...]) -> Shaped[Array, "..."]:
    """`reshape` for automatic differentiation."""
    filled = _filled(x.shape, shape)
    return jnp.reshape(x, filled, out_sharding=over(x, 0, *[None] * (len(filled) - 1)))


def _filled(old: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The batch and `shape`, with what is left for a −1; counted without the batch, which may be empty."""
    features, known = math.prod(old[1:]), math.prod(n for n in shape if n != -1)
    filled = tuple(features // known if n == -1 and known else n for n in shape)
    if not old or math.prod(filled) != features or any(n < 0 for n in filled):
        raise ShapeError(
            f"Reshape got an array of shape {old} for examples of shape {shape}; it wants examples on the first axis, "
            f"and as many features in each: {features}" + (", with one −1 at most" if -1 in shape else "")
        )
    return old[:1] + filled


@configurable
class Reshape(Module):
    """(batch, …) as (batch, *shape): `reshape`."""

    shape: Annotated[tuple[int, ...], ListsToo]

    produces = "input"

    def apply(
        self, variables: Variables, x: Shaped[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "..."]], tuple[()]]:
        return (context.pick(reshape, reshape_reference)(x, self.shape),), ()
