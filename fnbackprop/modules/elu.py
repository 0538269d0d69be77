"""ELU, the exponential linear unit (Clevert et al. 2015)."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jax import Array
from jaxtyping import Float, PRNGKeyArray

from ..core.cotangent import match_cotangent
from ..core.module import Context, Module, Spec, Variables, configurable
from ..core.precision import widen


class ELUResiduals(NamedTuple):
    x: Float[Array, "*shape"]
    alpha: Float[Array, ""]


@jax.custom_vjp
def elu(x: Float[Array, "*shape"], alpha: Float[Array, ""] | float = 1.0) -> Float[Array, "*shape"]:
    """Exponential linear unit (Clevert et al. 2015, https://arxiv.org/abs/1511.07289).

    Forward:  y = x where x ≥ 0, else α (exp(x) − 1)
    Backward: dx = dy where x ≥ 0, else dy α exp(x); nothing for α

    α exp(x) = y + α loses its digits in the tail, so x is kept and not y. At x = ±0 the slope is 1, as the lecture's
    ReLU has it (PyTorch: α). At −inf y = −α and the slope is 0; NaN stays NaN with slope 1. Half precision computes in
    float32.
    """
    return elu_reference(x, alpha)


def elu_fwd(x: Float[Array, "*shape"], alpha: Float[Array, ""] | float) -> tuple[Float[Array, "*shape"], ELUResiduals]:
    return elu(x, alpha), ELUResiduals(x, jnp.asarray(alpha))


def elu_bwd(residuals: ELUResiduals, dy: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], None]:
    x, alpha = residuals
    wide, wide_dy = widen(x), widen(dy)
    tail = jnp.asarray(alpha, wide.dtype) * jnp.exp(_negative_part(wide))
    return match_cotangent(jnp.where(wide < 0, wide_dy * tail, wide_dy), x), None


elu.defvjp(elu_fwd, elu_bwd)


def elu_reference(x: Float[Array, "*shape"], alpha: Float[Array, ""] | float = 1.0) -> Float[Array, "*shape"]:
    """`elu` for automatic differentiation."""
    wide = widen(x)
    tail = jnp.asarray(jax.lax.stop_gradient(alpha), wide.dtype) * jnp.expm1(_negative_part(wide))
    return jnp.where(wide < 0, tail, wide).astype(x.dtype)


def _negative_part(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    # Else exp would overflow where it is not used, and 0 · ∞ would be NaN in the second derivative.
    return jnp.where(x < 0, x, 0)


@configurable
class ELU(Module):
    """Each number, or α (eˣ − 1) where it is negative, with α a traced option: `elu`."""

    alpha: Annotated[float, Ge(0)] = 1.0

    def init(self, key: PRNGKeyArray, *specs: Spec) -> Variables:
        return Variables(options={"alpha": jnp.float32(self.alpha)})

    def apply(
        self, variables: Variables, x: Float[Array, "*shape"], *, context: Context = Context()
    ) -> tuple[tuple[Float[Array, "*shape"]], tuple[()]]:
        return (context.pick(elu, elu_reference)(x, variables.options["alpha"]),), ()

    def slope(self, y: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return jnp.where(y < 0, y + self.alpha, 1) / max(self.alpha, 1)
