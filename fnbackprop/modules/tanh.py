"""Tanh, the hyperbolic tangent (lecture, LogSoftMax: the alternative that fell out of favour)."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen
from .sigmoid import sigmoid, sigmoid_reference


@jax.custom_vjp
def tanh(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Hyperbolic tangent.

    Forward:  y = tanh(x) = 2 h(2x) − 1, h being `sigmoid`
    Backward: dx = dy (1 − y²) = 4 dy h(2x) h(−2x)

    1 − y² itself rounds to 0 in float32 from |x| = 9 on; the product holds until |x| = 43. Exact at ±inf.
    Half precision computes in float32.
    """
    return jnp.tanh(widen(x)).astype(x.dtype)


def tanh_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return tanh(x), x


def tanh_bwd(x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    twice = 2 * widen(x)
    return (match_cotangent(4 * widen(dy) * (sigmoid(twice) * sigmoid(-twice)), x),)


tanh.defvjp(tanh_fwd, tanh_bwd)


def tanh_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`tanh` for automatic differentiation.

    The derivative of jnp.tanh, 1 − y², cancels in the tails; the difference of sigmoids, near 0.
    """
    wide = widen(x)
    tail = sigmoid_reference(2 * wide) - sigmoid_reference(-2 * wide)
    return jnp.where(jnp.abs(wide) < 1, jnp.tanh(wide), tail).astype(x.dtype)


@configurable
class Tanh(Module):
    """Hyperbolic tangent of each number: `tanh`."""

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(tanh, tanh_reference)(x),), ()

    def slope(self, y: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 1 - y * y
