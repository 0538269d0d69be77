"""ScaledTanh, LeCun's tanh that keeps a unit variance (lecture, more tricks: "Efficient BackProp" 1998)."""

import jax
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen
from .sigmoid import sigmoid
from .tanh import tanh, tanh_reference

HEIGHT, STEEPNESS = 1.7159, 2 / 3


@jax.custom_vjp
def scaled_tanh(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Hyperbolic tangent through ±1 at ±1 (lecture, more tricks: LeCun et al. 1998, "Efficient BackProp", section 4.4).

    Forward:  y = 1.7159 tanh(u), u = 2x/3
    Backward: dx = dy · 1.7159 · (2/3) · 4 h(2u) h(−2u), h being `sigmoid`

    The tails keep their digits, as those of `tanh`. Exact at ±inf. Half precision computes in float32.
    """
    return (HEIGHT * tanh(STEEPNESS * widen(x))).astype(x.dtype)


def scaled_tanh_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return scaled_tanh(x), x


def scaled_tanh_bwd(x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    twice = 2 * STEEPNESS * widen(x)
    slope = 4 * HEIGHT * STEEPNESS * (sigmoid(twice) * sigmoid(-twice))
    return (match_cotangent(widen(dy) * slope, x),)


scaled_tanh.defvjp(scaled_tanh_fwd, scaled_tanh_bwd)


def scaled_tanh_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`scaled_tanh` for automatic differentiation."""
    return (HEIGHT * tanh_reference(STEEPNESS * widen(x))).astype(x.dtype)


@configurable
class ScaledTanh(Module):
    """1.7159 tanh(2x/3) of each number, for weights of initializer "lecun_normal": `scaled_tanh`."""

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(scaled_tanh, scaled_tanh_reference)(x),), ()

    def slope(self, y: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 1 - (y / HEIGHT) ** 2
