"""SiLU, each number times its sigmoid (Elfwing et al. 2017; also called Swish)."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen

# Beyond ±1000 the sigmoid is 0 or 1, in float64 too: what is infinite is computed as there.
_FAR = 1000.0


@jax.custom_vjp
def silu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Sigmoid linear unit (Elfwing et al. 2017, https://arxiv.org/abs/1702.03118).

    Forward:  y = x h(x), h being `sigmoid`
    Backward: dx = dy h(x) (1 + x (1 − h(x)))

    1 − h(x) is exact enough: where it cancels, at large x, it is added to 1. At −inf y and the slope are −0, at +inf y
    is +inf and the slope 1 (PyTorch: NaN); NaN stays NaN. Half precision computes in float32.
    """
    return silu_reference(x)


def silu_fwd(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return silu(x), x


def silu_bwd(x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    near = jnp.clip(widen(x), -_FAR, _FAR)
    h = jax.nn.sigmoid(near)
    return (match_cotangent(widen(dy) * (h * (1 + near * (1 - h))), x),)


silu.defvjp(silu_fwd, silu_bwd)


def silu_reference(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`silu` for automatic differentiation."""
    wide = widen(x)
    near = jnp.clip(wide, -_FAR, _FAR)
    return jnp.where(wide > _FAR, wide, near * jax.nn.sigmoid(near)).astype(x.dtype)


@configurable
class SiLU(Module):
    """Each number times its sigmoid: `silu`."""

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(silu, silu_reference)(x),), ()
