"""L2 regularisation, or weight decay (lecture, L2)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.precision import widen


class L2Residuals(NamedTuple):
    w: Float[Array, "*shape"]
    alpha: float | Float[Array, ""]


@jax.custom_vjp
def l2(w: Float[Array, "*shape"], alpha: float | Float[Array, ""]) -> Float[Array, ""]:
    """Squared length of a weight (lecture, L2).

    Forward:  y = α Σ w²
    Backward: dw = 2 α w dy; none for α

    There is no ½: the weight decay λ of optax and PyTorch is 2α. Half precision is computed and returned in float32.
    """
    return l2_reference(w, alpha)


def l2_fwd(w: Float[Array, "*shape"], alpha: float | Float[Array, ""]) -> tuple[Float[Array, ""], L2Residuals]:
    return l2(w, alpha), L2Residuals(w, alpha)


def l2_bwd(residuals: L2Residuals, dy: Float[Array, ""]) -> tuple[Float[Array, "*shape"], None]:
    w, alpha = residuals
    scale = 2 * jax.lax.stop_gradient(jnp.asarray(alpha, dy.dtype)) * dy
    return match_cotangent(scale * widen(w), w), None


l2.defvjp(l2_fwd, l2_bwd)


def l2_reference(w: Float[Array, "*shape"], alpha: float | Float[Array, ""]) -> Float[Array, ""]:
    """`l2` for automatic differentiation."""
    total = jnp.sum(jnp.square(widen(w)))
    return jax.lax.stop_gradient(jnp.asarray(alpha, total.dtype)) * total


def l2_decay(
    w: Float[Array, "*shape"], alpha: float | Float[Array, ""], rate: float | Float[Array, ""]
) -> Float[Array, "*shape"]:
    """The weight before a step, decayed: (1 − 2ηα) w, to which the step then adds the optimizer's update.

    η is the step's learning rate. `l2_decay(w, α, η) − η ∂C/∂w` is what SGD makes of the cost + `l2(w, α)`.
    """
    wide = widen(w)
    return ((1 - 2 * jnp.asarray(rate, wide.dtype) * jnp.asarray(alpha, wide.dtype)) * wide).astype(w.dtype)
