"""GELU, each number times the share of a normal distribution below it (Hendrycks & Gimpel 2016)."""

import math
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Variables, configurable
from ..core.precision import widen

Form = Literal["exact", "tanh"]
# Beyond ±40 the share is 0 or 1 and the density 0, in float64 too: what is infinite is computed as there.
_FAR = 40.0
_SLOPE, _CUBIC = math.sqrt(8 / math.pi), 0.044715


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def gelu(x: Float[Array, "*shape"], form: Form = "exact") -> Float[Array, "*shape"]:
    """Gaussian error linear unit (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415).

    exact, with the normal distribution Φ and its density φ:
    Forward:  y = x Φ(x),  Φ(x) = erfc(−x / √2) / 2,  φ(x) = exp(−x² / 2) / √(2π)
    Backward: dx = dy (Φ(x) + x φ(x))

    tanh, with h being `sigmoid`, since (1 + tanh u) / 2 = h(2u):
    Forward:  y = x h(v),  v = √(8/π) (x + 0.044715 x³)
    Backward: dx = dy h(v) (1 + x (1 − h(v)) v′),  v′ = √(8/π) (1 + 0.134145 x²)

    The tail of negative x keeps its digits, which 1 + erf loses from x = −3 on and has none of from −6. At −inf y and
    the slope are −0, at +inf y is +inf and the slope 1 (PyTorch: NaN); NaN stays NaN. Half precision computes in
    float32.
    """
    return gelu_reference(x, form)


def gelu_fwd(x: Float[Array, "*shape"], form: Form) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return gelu(x, form), x


def gelu_bwd(form: Form, x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    near = jnp.clip(widen(x), -_FAR, _FAR)
    share = _share(near, form)
    if form == "exact":
        slope = share + near * (jnp.exp(-near * near / 2) / math.sqrt(2 * math.pi))
    else:
        slope = share * (1 + near * (1 - share) * (_SLOPE * (1 + 3 * _CUBIC * near * near)))
    return (match_cotangent(widen(dy) * slope, x),)


gelu.defvjp(gelu_fwd, gelu_bwd)


def gelu_reference(x: Float[Array, "*shape"], form: Form = "exact") -> Float[Array, "*shape"]:
    """`gelu` for automatic differentiation."""
    wide = widen(x)
    near = jnp.clip(wide, -_FAR, _FAR)
    return jnp.where(wide > _FAR, wide, near * _share(near, form)).astype(x.dtype)


def _share(x: Float[Array, "*shape"], form: Form) -> Float[Array, "*shape"]:
    """Φ(x), or what stands for it."""
    if form == "exact":
        return jax.lax.erfc(-x * math.sqrt(0.5)) / 2
    return jax.nn.sigmoid(_SLOPE * x * (1 + _CUBIC * x * x))


@configurable
class GELU(Module):
    """Each number times the share of a normal distribution below it, or its tanh form: `gelu`."""

    form: Form = "exact"

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(gelu, gelu_reference)(x, self.form),), ()
