"""Softplus, log(1 + eˢ) (lecture, LogSoftMax)."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen
from .sigmoid import sigmoid


@jax.custom_vjp
def softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Smooth ReLU that never overflows (lecture, LogSoftMax: log(1 + eˢ)).

    Forward:  y = log(1 + exp(x)), which is x for large x
    Backward: dx = dy h(x), h being `sigmoid`

    Half precision computes in float32.
    """
    return softplus_reference(x)


def softplus_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return softplus(x), x


def softplus_bwd(x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    return (match_cotangent(widen(dy) * sigmoid(widen(x)), x),)


softplus.defvjp(softplus_fwd, softplus_bwd)


def softplus_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`softplus` for automatic differentiation."""
    return jnp.logaddexp(widen(x), 0.0).astype(x.dtype)


@configurable
class Softplus(Module):
    """log(1 + eˣ) of each number: `softplus`."""

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(softplus, softplus_reference)(x),), ()
