"""Flatten, the features of each example laid out in one row."""

import math

import jax
from jax import Array
from jaxtyping import Shaped

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.module import Context, Module, Variables, configurable


@jax.custom_vjp
def flatten(x: Shaped[Array, "*shape"]) -> Shaped[Array, "batch size"]:
    """All axes but the first as one.

    Forward:  y = x as (batch, size), in row-major order; one number for each example becomes (batch, 1)
    Backward: dx = dy in the shape of x
    """
    return flatten_reference(x)


def flatten_fwd(x: Shaped[Array, "*shape"]) -> tuple[Shaped[Array, "batch size"], Like]:
    return flatten(x), like(x)


def flatten_bwd(x: Like, dy: Shaped[Array, "batch size"]) -> tuple[Shaped[Array, "*shape"]]:
    return (match_cotangent(dy.reshape(x.shape), x),)


flatten.defvjp(flatten_fwd, flatten_bwd)


def flatten_reference(x: Shaped[Array, "*shape"]) -> Shaped[Array, "batch size"]:
    """`flatten` for automatic differentiation."""
    if not x.shape:
        raise ShapeError("flatten got a single number; it wants examples on the first axis: reshape it to (1,)")
    # Not −1, which an empty batch leaves undetermined.
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))


@configurable
class Flatten(Module):
    """(batch, …) as (batch, features): `flatten`."""

    produces = "input"

    def apply(
        self, variables: Variables, x: Shaped[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Shaped[Array, "batch size"]], tuple[()]]:
        return (context.pick(flatten, flatten_reference)(x),), ()
