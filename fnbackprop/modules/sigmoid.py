"""Sigmoid, the two-class SoftMax (lecture, LogSoftMax)."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen


@jax.custom_vjp
def sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Logistic function h (lecture, LogSoftMax: softmax over the two scores x and 0).

    Forward:  y = h(x) = 1 / (1 + exp(−x))
    Backward: dx = dy h(x) h(−x)

    The usual y (1 − y) rounds to 0 in float32 from x = 17 on; h(x) h(−x) holds until x = 87. Exact at ±inf.
    Half precision computes in float32.
    """
    return jax.nn.sigmoid(widen(x)).astype(x.dtype)


def sigmoid_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return sigmoid(x), x


def sigmoid_bwd(x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    wide = widen(x)
    return (match_cotangent(widen(dy) * (sigmoid(wide) * sigmoid(-wide)), x),)


sigmoid.defvjp(sigmoid_fwd, sigmoid_bwd)


def sigmoid_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`sigmoid` for automatic differentiation, which would make y (1 − y) of jax.nn.sigmoid."""
    return jnp.exp(-jnp.logaddexp(0.0, -widen(x))).astype(x.dtype)


@configurable
class Sigmoid(Module):
    """Logistic function of each number: `sigmoid`."""

    produces = "probabilities"

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(sigmoid, sigmoid_reference)(x),), ()

    def slope(self, y: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 4 * y * (1 - y)
