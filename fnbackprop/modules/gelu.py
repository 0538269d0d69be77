"""GELU, each number times the share of a normal distribution below it (Hendrycks & Gimpel 2016)."""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

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
# Φ(−a) exp(a² / 2) ≈ t (c₀ + c₁ t + …) with t = 1 / (1 + 0.275 a), the highest coefficient first: to 6e-8 of it for
# 0 ≤ a ≤ 40. A minimax fit to scipy.special.erfcx(a / √2) / 2.
_TAIL_SCALE = 0.275
_TAIL = (
    0.0271679003,
    -0.110675226,
    0.130170487,
    -0.0351620752,
    0.088007493,
    0.0789359117,
    0.102190461,
    0.109654359,
    0.109710686,
)
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
    float32. Raises ValueError for another form.
    """
    return _gated(x, _logistic if is_tanh(form) else lambda near: _normal(near)[0])


def gelu_fwd(x: Float[Array, "*shape"], form: Form) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return gelu(x, form), x


def gelu_bwd(form: Form, x: Float[Array, "*shape"], dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"]]:
    near = jnp.clip(widen(x), -_FAR, _FAR)
    if form == "exact":
        share, bell = _normal(near)
        slope = share + near * (bell / math.sqrt(2 * math.pi))
    else:
        share = _logistic(near)
        slope = share * (1 + near * (1 - share) * (_SLOPE * (1 + 3 * _CUBIC * near * near)))
    return (match_cotangent(widen(dy) * slope, x),)


gelu.defvjp(gelu_fwd, gelu_bwd)


def gelu_reference(x: Float[Array, "*shape"], form: Form = "exact") -> Float[Array, "*shape"]:
    """`gelu` for automatic differentiation."""
    return _gated(x, _logistic if is_tanh(form) else _normal_share)


def is_tanh(form: str) -> bool:
    """Whether it is the tanh form; raises ValueError for one that there is not."""
    if form not in get_args(Form):
        raise ValueError(f"gelu got form {form!r}; it wants one of {', '.join(get_args(Form))}")
    return form == "tanh"


def _gated(x: Float[Array, "*shape"], share: Callable[[Array], Array]) -> Float[Array, "*shape"]:
    wide = widen(x)
    near = jnp.clip(wide, -_FAR, _FAR)
    return jnp.where(wide > _FAR, wide, near * share(near)).astype(x.dtype)


def _normal(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """Φ(x), and exp(−x² / 2): in single precision the one is made from the other, in two thirds of erfc's time.

    There x Φ is right to 3e-6 of itself in the tail of negative x (erfc: 6e-6), and to 6e-7 from −1 on.
    """
    bell = jnp.exp(-x * x / 2)
    if x.dtype != jnp.float32:
        return _normal_share(x), bell
    t = 1 / (1 + _TAIL_SCALE * jnp.abs(x))
    tail = jnp.full_like(t, _TAIL[0])
    for coefficient in _TAIL[1:]:
        tail = tail * t + coefficient
    tail = bell * t * tail
    return jnp.where(x < 0, tail, 1 - tail), bell


def _normal_share(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return jax.lax.erfc(-x * math.sqrt(0.5)) / 2


def _logistic(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """What the tanh form has in place of Φ(x)."""
    return jax.nn.sigmoid(_SLOPE * x * (1 + _CUBIC * x * x))


@configurable
class GELU(Module):
    """Each number times the share of a normal distribution below it, or its tanh form: `gelu`."""

    form: Form = "exact"

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(gelu, gelu_reference)(x, self.form),), ()
