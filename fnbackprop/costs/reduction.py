"""From one cost per example to what a cost returns, and back: the weights and the reduction that all costs share."""

from typing import Literal, get_args

import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Real, Shaped

from ..core.cotangent import like, match_cotangent
from ..core.errors import ShapeError

Reduction = Literal["mean", "sum", "none"]
# One weight per example, or one per sequence of examples: a shape that the examples' shape begins with.
Weights = Real[Array, "..."] | Bool[Array, "..."]


def check_reduction(who: str, weights: Weights | None, shape: tuple[int, ...], reduction: str) -> None:
    """Refuse an unknown reduction, and weights that do not fit examples of `shape`."""
    if reduction not in get_args(Reduction):
        raise ValueError(f"{who} got reduction {reduction!r}; it wants one of {', '.join(get_args(Reduction))}")
    if weights is not None and shape[: weights.ndim] != weights.shape:
        raise ShapeError(
            f"{who} got weights of shape {weights.shape} for examples of shape {shape}; "
            "it wants one weight per example: a shape that the examples' shape begins with"
        )


def counted(values: Float[Array, "*shape"], weights: Weights) -> Float[Array, "*shape"]:
    """`values`, with 0 for an infinity or NaN of weight 0, so that their product is 0; differentiable in both."""
    return jnp.where((weights == 0) & ~jnp.isfinite(values), 0, values)


def reduce_examples(
    costs: Float[Array, "*batch"], weights: Weights | None, reduction: Reduction
) -> Float[Array, "*reduced"]:
    """Weighted costs of all examples, reduced.

    Forward:  none: C_i = w_i c_i;  sum: C = Σ w_i c_i;  mean: C = Σ w_i c_i / Σ w_i, or 0 where Σ w_i = 0
    Backward: see `costs_cotangent` and `weights_cotangent`

    An example of weight 0 is left out, even one whose cost is infinite or NaN.
    """
    w = _expand(weights, costs)
    weighted = w.astype(costs.dtype) * counted(costs, w)
    if reduction == "none":
        return weighted
    return jnp.sum(weighted) * _normaliser(w, costs, reduction)


def costs_cotangent(
    dy: Float[Array, "*reduced"], costs: Float[Array, "*batch"], weights: Weights | None, reduction: Reduction
) -> Float[Array, "*batch"]:
    """Cotangent of the examples' costs.

    Backward: dc_i = w_i dy_i;  w_i dy;  w_i dy / Σ w_i, or 0 where Σ w_i = 0
    """
    w = _expand(weights, costs)
    return jnp.broadcast_to(dy * _normaliser(w, costs, reduction) * w.astype(costs.dtype), costs.shape)


def weights_cotangent(
    dy: Float[Array, "*reduced"], costs: Float[Array, "*batch"], weights: Weights | None, reduction: Reduction
) -> Float[Array, "..."] | None:
    """Cotangent of the weights; None where they are integers, Booleans or absent.

    Backward: dw_i = c_i dy_i;  c_i dy;  (c_i − C) dy / Σ w_i, or 0 where Σ w_i = 0
    """
    if weights is None or not jnp.issubdtype(weights.dtype, jnp.floating):
        return None
    w = _expand(weights, costs)
    dw = counted(costs, w)
    if reduction == "mean":
        dw = dw - reduce_examples(costs, weights, "mean")
    dw = dy * _normaliser(w, costs, reduction) * dw
    return match_cotangent(dw, like(w)).reshape(weights.shape)


def forget_unweighted(targets: Shaped[Array, "..."], weights: Weights | None) -> Shaped[Array, "..."]:
    """`targets` with 0 for an integer of weight 0, which may be any number: in autodiff, 0 · NaN would be NaN."""
    if weights is None or not jnp.issubdtype(targets.dtype, jnp.integer):
        return targets
    return jnp.where(_expand(weights, targets) == 0, 0, targets)


def floating_cotangent(dx: Float[Array, "..."], primal: Array) -> Float[Array, "..."] | None:
    """`match_cotangent`, or None where the primal is an integer or Boolean, which has no derivative."""
    return match_cotangent(dx, primal) if jnp.issubdtype(primal.dtype, jnp.floating) else None


def _expand(weights: Weights | None, costs: Shaped[Array, "*batch"]) -> Array:
    """Weights that broadcast along the examples: no weights are one weight of 1."""
    if weights is None:
        return jnp.ones((), costs.dtype)
    return weights.reshape(weights.shape + (1,) * (costs.ndim - weights.ndim))


def _normaliser(w: Array, costs: Float[Array, "*batch"], reduction: Reduction) -> Float[Array, ""]:
    if reduction != "mean":
        return jnp.ones((), costs.dtype)
    total = jnp.sum(w.astype(costs.dtype)) * (costs.size // max(w.size, 1))
    return jnp.where(total == 0, 0, 1 / jnp.where(total == 0, 1, total))
