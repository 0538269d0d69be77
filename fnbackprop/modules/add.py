"""Add, the sum of several wires (lecture, Add)."""

import functools

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import accumulation_dtype


@jax.custom_vjp
def add(*xs: Float[Array, "..."]) -> Float[Array, "..."]:
    """Sum of one or more arrays (lecture, Add).

    Forward:  y = x1 + x2 + …
    Backward: dxi = dy for every i, summed over the axes along which xi was broadcast

    Half precision is summed in float32 and rounded once, however many terms there are.
    """
    return add_reference(*xs)


def add_fwd(*xs: Float[Array, "..."]) -> tuple[Float[Array, "..."], tuple[Like, ...]]:
    return add(*xs), tuple(like(x) for x in xs)


def add_bwd(xs: tuple[Like, ...], dy: Float[Array, "..."]) -> tuple[Float[Array, "..."], ...]:
    return tuple(match_cotangent(dy, x) for x in xs)


add.defvjp(add_fwd, add_bwd)


def add_reference(*xs: Float[Array, "..."]) -> Float[Array, "..."]:
    """`add` for automatic differentiation."""
    dtype = jnp.result_type(*xs)
    wide = [jnp.asarray(x, accumulation_dtype(dtype)) for x in xs]
    return functools.reduce(jnp.add, wide).astype(dtype)


@configurable
class Add(Module):
    """Sum of its inputs, two or more of them as a rule: `add`."""

    def apply(
        self, variables: Variables, *xs: Float[Array, "..."], context: Context = Context()
    ) -> tuple[tuple[Float[Array, "..."]], tuple[()]]:
        return (context.pick(add, add_reference)(*xs),), ()
