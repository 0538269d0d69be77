"""Standardize, features brought to another distribution by statistics that are given: BatchNorm at evaluation."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.precision import widen
from .features import affine

Row = Float[Array, " features"]


class StandardizeResiduals(NamedTuple):
    x: Float[Array, "*batch features"]
    mean: Row
    variance: Row
    scale: Row | None
    bias: Like | None
    epsilon: Float[Array, ""]


@jax.custom_vjp
def standardize(
    x: Float[Array, "*batch features"],
    mean: Float[Array, " features"],
    variance: Float[Array, " features"],
    scale: Float[Array, " features"] | None = None,
    bias: Float[Array, " features"] | None = None,
    epsilon: Float[Array, ""] | float = 1e-5,
) -> Float[Array, "*batch features"]:
    """Features less a mean, divided by a deviation that is given as a variance.

    Forward:  y = γ x̂ + β,  x̂ = (x − μ) r,  r = 1 / √(σ² + ε)
    Backward: dx = γ r dy,  dγ = Σ dy x̂,  dβ = Σ dy,  dμ = −γ r Σ dy,  dσ² = −γ r² Σ dy x̂ / 2,  summed over the batch;
              nothing for ε

    γ = scale and β = bias, 1 and 0 where None. Half precision computes in float32; y has the dtype of x.
    """
    return standardize_reference(x, mean, variance, scale, bias, epsilon)


def standardize_fwd(
    x: Float[Array, "*batch features"],
    mean: Row,
    variance: Row,
    scale: Row | None,
    bias: Row | None,
    epsilon: Float[Array, ""] | float,
) -> tuple[Float[Array, "*batch features"], StandardizeResiduals]:
    y = standardize(x, mean, variance, scale, bias, epsilon)
    own = None if bias is None else like(bias)
    return y, StandardizeResiduals(x, mean, variance, scale, own, jnp.asarray(epsilon))


def standardize_bwd(
    residuals: StandardizeResiduals, dy: Float[Array, "*batch features"]
) -> tuple[Float[Array, "*batch features"], Row, Row, Row | None, Row | None, None]:
    x, mean, variance, scale, bias, epsilon = residuals
    wide_dy, rstd = widen(dy), _rstd(variance, epsilon)
    gain = rstd if scale is None else rstd * widen(scale)
    dy_normal = wide_dy * ((widen(x) - widen(mean)) * rstd)
    dscale = None if scale is None else match_cotangent(dy_normal, scale)
    dbias = None if bias is None else match_cotangent(wide_dy, bias)
    dmean, dvariance = match_cotangent(-gain * wide_dy, mean), match_cotangent(-gain * rstd / 2 * dy_normal, variance)
    return match_cotangent(gain * wide_dy, x), dmean, dvariance, dscale, dbias, None


standardize.defvjp(standardize_fwd, standardize_bwd)


def standardize_reference(
    x: Float[Array, "*batch features"],
    mean: Float[Array, " features"],
    variance: Float[Array, " features"],
    scale: Float[Array, " features"] | None = None,
    bias: Float[Array, " features"] | None = None,
    epsilon: Float[Array, ""] | float = 1e-5,
) -> Float[Array, "*batch features"]:
    """`standardize` for automatic differentiation."""
    normal = (widen(x) - widen(mean)) * _rstd(variance, jax.lax.stop_gradient(epsilon))
    return affine(normal, scale, bias).astype(x.dtype)


def _rstd(variance: Row, epsilon: Float[Array, ""] | float) -> Row:
    wide = widen(variance)
    return jax.lax.rsqrt(wide + jnp.asarray(epsilon, wide.dtype))
