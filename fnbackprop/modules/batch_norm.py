"""BatchNorm's rule, each feature brought to mean 0 and variance 1 over a batch (Ioffe & Szegedy 2015)."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.errors import ShapeError
from ..core.precision import widen
from ..core.sharding import left_to_xla, over
from .features import affine

Row = Float[Array, " features"]


class BatchNormResiduals(NamedTuple):
    x: Float[Array, "*batch features"]
    mean: Row
    rstd: Row
    scale: Row | None
    bias: Like | None
    counted: Bool[Array, " examples"] | None


@jax.custom_vjp
def batch_norm(
    x: Float[Array, "*batch features"],
    scale: Float[Array, " features"] | None = None,
    bias: Float[Array, " features"] | None = None,
    counted: Bool[Array, " examples"] | None = None,
    epsilon: Float[Array, ""] | float = 1e-5,
) -> tuple[Float[Array, "*batch features"], Float[Array, " features"], Float[Array, " features"]]:
    """Features with mean 0 and variance 1 over all axes but the last, and the mean and variance that they had.

    Forward:  μ = Σ wᵢ xᵢ / n,  σ² = Σ wᵢ (xᵢ − μ)² / n,  r = 1 / √(σ² + ε),  x̂ = (x − μ) r,  y = γ x̂ + β
    Backward: dxᵢ = r gᵢ + wᵢ/n (dμ − r Σ g + (xᵢ − μ) (2 dσ² − r² Σ g x̂)),  g = γ dy
              dγ = Σ dy x̂,  dβ = Σ dy; nothing for w and ε

    wᵢ is 1, or 0 at an example that is not `counted` (all are where None), and n = Σ wᵢ, 1 at least. So one example
    that counts alone has y = β, and none at all have μ = σ² = 0. γ = scale and β = bias, 1 and 0 where None. A feature
    that is the same everywhere has x̂ = 0 exactly. σ² is the biased variance. A NaN or infinity makes its feature NaN.
    Half precision computes, and returns statistics, in float32; y has the dtype of x.

    Under `jax.vmap` each mapped batch has its own statistics; under `jit` on several devices they are those of the
    whole batch; under `jax.shard_map` each device's part has its own. Source: Ioffe & Szegedy 2015,
    https://arxiv.org/abs/1502.03167.
    """
    return batch_norm_reference(x, scale, bias, counted, epsilon)


def batch_norm_fwd(
    x: Float[Array, "*batch features"],
    scale: Float[Array, " features"] | None,
    bias: Float[Array, " features"] | None,
    counted: Bool[Array, " examples"] | None,
    epsilon: Float[Array, ""] | float,
) -> tuple[tuple[Float[Array, "*batch features"], Row, Row], BatchNormResiduals]:
    y, mean, variance = batch_norm(x, scale, bias, counted, epsilon)
    rstd = jax.lax.rsqrt(variance + jnp.asarray(epsilon, variance.dtype))
    return (y, mean, variance), BatchNormResiduals(x, mean, rstd, scale, None if bias is None else like(bias), counted)


def batch_norm_bwd(
    residuals: BatchNormResiduals, cotangents: tuple[Float[Array, "*batch features"], Row, Row]
) -> tuple[Float[Array, "*batch features"], Row | None, Row | None, None, None]:
    x, mean, rstd, scale, bias, counted = residuals
    dy, dmean, dvariance = map(widen, cotangents)
    batch = tuple(range(x.ndim - 1))
    centered = widen(x) - mean
    sum_dy, sum_dy_normal = jnp.sum(dy, batch), jnp.sum(dy * (centered * rstd), batch)
    own = rstd if scale is None else rstd * widen(scale)
    w, n = _weights(x, counted)
    share = (dmean - own * sum_dy) / n + centered * ((2 * dvariance - own * rstd * sum_dy_normal) / n)
    dx = own * dy + jnp.where(w, share, 0)
    dscale = None if scale is None else match_cotangent(sum_dy_normal, scale)
    dbias = None if bias is None else match_cotangent(sum_dy, bias)
    return match_cotangent(dx, x), dscale, dbias, None, None


batch_norm.defvjp(batch_norm_fwd, batch_norm_bwd)


def batch_norm_reference(
    x: Float[Array, "*batch features"],
    scale: Float[Array, " features"] | None = None,
    bias: Float[Array, " features"] | None = None,
    counted: Bool[Array, " examples"] | None = None,
    epsilon: Float[Array, ""] | float = 1e-5,
) -> tuple[Float[Array, "*batch features"], Float[Array, " features"], Float[Array, " features"]]:
    """`batch_norm` for automatic differentiation."""
    check_batch_norm(jnp.shape(x), scale, bias, counted)
    wide, batch = widen(x), tuple(range(x.ndim - 1))
    w, n = _weights(x, counted)
    # From one of the examples on, so that equal ones have exactly their own mean, however large they are.
    first = jax.lax.stop_gradient(_first_counted(wide, counted))
    mean = first + jnp.sum(jnp.where(w, wide - first, 0), batch) / n
    centered = wide - mean
    variance = jnp.sum(jnp.where(w, centered, 0) ** 2, batch) / n
    rstd = jax.lax.rsqrt(variance + jax.lax.stop_gradient(jnp.asarray(epsilon, wide.dtype)))
    return affine(centered * rstd, scale, bias).astype(x.dtype), mean, variance


def count(shape: tuple[int, ...], counted: Bool[Array, " examples"] | None) -> Float[Array, ""]:
    """How many numbers of each feature count."""
    if counted is None:
        return jnp.float32(math.prod(shape[:-1]))
    return jnp.sum(counted, dtype=jnp.float32) * math.prod(shape[1:-1])


def _weights(
    x: Float[Array, "*batch features"], counted: Bool[Array, " examples"] | None
) -> tuple[Bool[Array, "..."], Float[Array, ""]]:
    """Which numbers count, to be broadcast to x; and how many of each feature do, 1 at least."""
    w = jnp.array(True) if counted is None else counted.reshape(-1, *[1] * (x.ndim - 1))
    return w, jnp.maximum(count(x.shape, counted), 1).astype(widen(x).dtype)


def _first_counted(x: Float[Array, "*batch features"], counted: Bool[Array, " examples"] | None) -> Row:
    """The features of the first example that counts, at its first place; 0 where there is none."""
    if 0 in x.shape:
        return jnp.zeros(x.shape[-1], x.dtype)
    if counted is None:
        return left_to_xla(lambda x: x.reshape(-1, x.shape[-1])[0], over(x, -1))(x)

    def first(x: Array, counted: Array) -> Array:
        place = jnp.argmax(counted)
        return jnp.where(counted[place], x.reshape(len(counted), -1, x.shape[-1])[place, 0], 0)

    return left_to_xla(first, over(x, -1))(x, counted)


def check_batch_norm(
    shape: tuple[int, ...],
    scale: Row | None = None,
    bias: Row | None = None,
    counted: Bool[Array, " examples"] | None = None,
) -> None:
    """Refuse an array that is no batch of features, and parameters that are not one number for each of them."""
    if len(shape) < 2:
        raise ShapeError(
            f"BatchNorm got shape {shape}; it wants examples on the first axis and features on the last: reshape it"
        )
    for name, row, wanted in (("scale", scale, shape[-1]), ("bias", bias, shape[-1]), ("counted", counted, shape[0])):
        if row is not None and row.shape != (wanted,):
            raise ShapeError(
                f"BatchNorm got {name} of shape {row.shape} for an array of shape {shape}; it wants ({wanted},), one "
                "number for each " + ("example" if name == "counted" else "feature")
            )
