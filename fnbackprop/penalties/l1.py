"""L1 regularisation, which shrinks useless weights to 0 (lecture, L1)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.precision import widen


class L1Residuals(NamedTuple):
    w: Float[Array, "*shape"]
    alpha: float | Float[Array, ""]


@jax.custom_vjp
def l1(w: Float[Array, "*shape"], alpha: float | Float[Array, ""]) -> Float[Array, ""]:
    """Sum of a weight's magnitudes (lecture, L1).

    Forward:  y = α Σ |w|
    Backward: dw = α sign(w) dy, with sign(±0) = 0 (jax.grad of jnp.abs gives 1 there); none for α

    Half precision is computed and returned in float32.
    """
    return l1_reference(w, alpha)


def l1_fwd(w: Float[Array, "*shape"], alpha: float | Float[Array, ""]) -> tuple[Float[Array, ""], L1Residuals]:
    return l1(w, alpha), L1Residuals(w, alpha)


def l1_bwd(residuals: L1Residuals, dy: Float[Array, ""]) -> tuple[Float[Array, "*shape"], None]:
    w, alpha = residuals
    scale = jax.lax.stop_gradient(jnp.asarray(alpha, dy.dtype)) * dy
    return match_cotangent(scale * jnp.sign(widen(w)), w), None


l1.defvjp(l1_fwd, l1_bwd)


def l1_reference(w: Float[Array, "*shape"], alpha: float | Float[Array, ""]) -> Float[Array, ""]:
    """`l1` for automatic differentiation."""
    total = jnp.sum(widen(w) * jnp.sign(widen(w)))
    return jax.lax.stop_gradient(jnp.asarray(alpha, total.dtype)) * total


def l1_proximal(
    w: Float[Array, "*shape"], alpha: float | Float[Array, ""], rate: float | Float[Array, ""]
) -> Float[Array, "*shape"]:
    """The weight after a step, soft-thresholded: sign(w) · max(|w| − ηα, 0), which reaches exact zeros.

    η is the step's learning rate. Apply it to the weight that the optimizer's update has already changed.
    """
    wide = widen(w)
    threshold = jnp.asarray(rate, wide.dtype) * jnp.asarray(alpha, wide.dtype)
    return (jnp.sign(wide) * jnp.maximum(jnp.abs(wide) - threshold, 0)).astype(w.dtype)
