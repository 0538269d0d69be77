"""Max, the larger of two wires (lecture, Max)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Variables, configurable


class MaximumResiduals(NamedTuple):
    first: Bool[Array, "..."]
    x1: Like
    x2: Like


@jax.custom_vjp
def maximum(x1: Float[Array, "..."], x2: Float[Array, "..."]) -> Float[Array, "..."]:
    """Elementwise larger of two arrays (lecture, Max).

    Forward:  y = x1 where x1 > x2, else x2
    Backward: dx1 = dy where x1 > x2, else 0;  dx2 = dy where not, else 0

    A tie gives everything to x2 (jnp.maximum and PyTorch split it half and half). A NaN in either input shows in y,
    and gets the gradient there; of two it is x1's. A broadcast input gets the sum over the axes it was stretched along.
    """
    return maximum_reference(x1, x2)


def maximum_fwd(x1: Float[Array, "..."], x2: Float[Array, "..."]) -> tuple[Float[Array, "..."], MaximumResiduals]:
    return maximum(x1, x2), MaximumResiduals(_first(x1, x2), like(x1), like(x2))


def maximum_bwd(
    residuals: MaximumResiduals, dy: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    first, x1, x2 = residuals
    zero = jnp.zeros_like(dy)
    return match_cotangent(jnp.where(first, dy, zero), x1), match_cotangent(jnp.where(first, zero, dy), x2)


maximum.defvjp(maximum_fwd, maximum_bwd)


def maximum_reference(x1: Float[Array, "..."], x2: Float[Array, "..."]) -> Float[Array, "..."]:
    """`maximum` for automatic differentiation."""
    return jnp.where(_first(x1, x2), x1, x2)


def _first(x1: Float[Array, "..."], x2: Float[Array, "..."]) -> Bool[Array, "..."]:
    return (x1 > x2) | jnp.isnan(x1)


@configurable
class Max(Module):
    """Elementwise larger of two inputs; a tie is the second's: `maximum`."""

    def apply(
        self, variables: Variables, x1: Float[Array, "..."], x2: Float[Array, "..."], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "..."]], tuple[()]]:
        return (context.pick(maximum, maximum_reference)(x1, x2),), ()
