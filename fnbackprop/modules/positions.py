"""Positions, a learned vector for each place of a sequence, added to what stands there (Vaswani et al. 2017)."""

from typing import Annotated

import jax
import jax.numpy as jnp
from annotated_types import Gt
from jax import Array, lax
from jaxtyping import Float, PRNGKeyArray

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen
from .initializers import Initializer, initial_weight


@jax.custom_vjp
def positions(
    x: Float[Array, "*batch time features"], weight: Float[Array, "length features"]
) -> Float[Array, "*batch time features"]:
    """A table's rows added to a sequence, from its first place on.

    Forward:  y_t = x_t + W_t
    Backward: dx = dy,  dW_t = Σ dy_t over the batch, 0 for places after the sequence's end

    Half precision is summed in float32. Raises ShapeError for a sequence that is longer than the table.
    """
    return positions_reference(x, weight)


def positions_fwd(
    x: Float[Array, "*batch time features"], weight: Float[Array, "length features"]
) -> tuple[Float[Array, "*batch time features"], tuple[Like, Like]]:
    return positions(x, weight), (like(x), like(weight))


def positions_bwd(
    residuals: tuple[Like, Like], dy: Float[Array, "*batch time features"]
) -> tuple[Float[Array, "*batch time features"], Float[Array, "length features"]]:
    x, weight = residuals
    used = jnp.sum(widen(dy), axis=tuple(range(dy.ndim - 2)))
    unused = weight.shape[0] - used.shape[0]
    return match_cotangent(dy, x), match_cotangent(jnp.pad(used, ((0, unused), (0, 0))), weight)


positions.defvjp(positions_fwd, positions_bwd)


def positions_reference(
    x: Float[Array, "*batch time features"], weight: Float[Array, "length features"]
) -> Float[Array, "*batch time features"]:
    """`positions` for automatic differentiation."""
    time, length = x.shape[-2], weight.shape[0]
    if time > length:
        raise ShapeError(f"positions got a sequence of {time} places for a table of {length}; make the table longer")
    return (widen(x) + widen(weight[:time])).astype(x.dtype)


@configurable
class Positions(Module):
    """Adds a learned vector for each place of a sequence of up to `length`: `positions`."""

    length: Annotated[int, Gt(0)]
    initializer: Initializer = "normal"

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        (x,) = specs
        if len(x.shape) < 2:
            raise ShapeError(f"Positions got an array of shape {x.shape}; it wants sequences: (…, time, features)")
        shape = self.length, x.shape[-1]
        return Variables({"weight": initial_weight(self.initializer, key, shape, x.dtype)})

    def apply(
        self, variables: Variables, x: Float[Array, "*batch time features"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*batch time features"]], tuple[()]]:
        weight = variables.params["weight"]
        if context.position is not None:
            weight = lax.dynamic_slice_in_dim(weight, context.position, 1)
        return (context.pick(positions, positions_reference)(x, weight),), ()
