"""Multiply, the elementwise product of several wires: a gate."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import accumulation_dtype


@jax.custom_vjp
def multiply(*xs: Float[Array, "..."]) -> Float[Array, "..."]:
    """Product of one or more arrays.

    Forward:  y = x1 x2 …
    Backward: dxi = dy Π xj over j ≠ i, summed over the axes along which xi was broadcast

    The other factors are multiplied, never y divided by xi: right at zeros too. 0 · ±inf is NaN. Half precision is
    multiplied in float32 and rounded once.
    """
    return multiply_reference(*xs)


def multiply_fwd(*xs: Float[Array, "..."]) -> tuple[Float[Array, "..."], tuple[Float[Array, "..."], ...]]:
    return multiply(*xs), xs


def multiply_bwd(xs: tuple[Float[Array, "..."], ...], dy: Float[Array, "..."]) -> tuple[Float[Array, "..."], ...]:
    others = [(dy, *xs[:i], *xs[i + 1 :]) for i in range(len(xs))]
    return tuple(match_cotangent(_product(factors), x) for factors, x in zip(others, xs, strict=True))


multiply.defvjp(multiply_fwd, multiply_bwd)


def multiply_reference(*xs: Float[Array, "..."]) -> Float[Array, "..."]:
    """`multiply` for automatic differentiation."""
    return _product(xs).astype(jnp.result_type(*xs))


def _product(xs: Sequence[Float[Array, "..."]]) -> Float[Array, "..."]:
    dtype = accumulation_dtype(jnp.result_type(*xs))
    return functools.reduce(jnp.multiply, [jnp.asarray(x, dtype) for x in xs])


@configurable
class Multiply(Module):
    """Product of its inputs, two or more of them as a rule: `multiply`."""

    def apply(
        self, variables: Variables, *xs: Float[Array, "..."], context: Context = Context()
    ) -> tuple[tuple[Float[Array, "..."]], tuple[()]]:
        return (context.pick(multiply, multiply_reference)(*xs),), ()
