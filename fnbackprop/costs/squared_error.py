"""Squared error, the cost of regression (lecture, Squared error)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import Like, like, match_cotangent
from ..core.precision import accumulation_dtype, widen
from .absolute_error import absolute_error
from .cost import Cost
from .reduction import Reduction, Weights, check_reduction, costs_cotangent, counted, reduce_examples, weights_cotangent
from .targets import check_value_targets


class SquaredErrorResiduals(NamedTuple):
    difference: Float[Array, "*batch outputs"]
    x: Like
    targets: Like
    weights: Weights | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def squared_error(
    x: Float[Array, "*batch outputs"],
    targets: Float[Array, "*batch outputs"],
    weights: Weights | None = None,
    reduction: Reduction = "mean",
) -> Float[Array, "..."]:
    """Squared distance to the targets, over all of an example's outputs (lecture, Squared error).

    Forward:  c = Σ_k (x_k − t_k)² for each example;
              C = Σ w c / Σ w ("mean"; 0 where Σ w = 0), Σ w c ("sum"), or w c ("none")
    Backward: dx = 2 (x − t) dc,  dt = −dx,  dc = dy · ∂C/∂c, which is dy / N for the mean of N examples;
              dw = (c − C) dy / Σ w ("mean"), or c dy

    There is no ½, and no division by the number of outputs. `weights` have a shape that "*batch" begins with; an
    example of weight 0 is left out. Half precision is computed and returned in float32.
    """
    return squared_error_fwd(x, targets, weights, reduction)[0]


def squared_error_fwd(
    x: Float[Array, "*batch outputs"],
    targets: Float[Array, "*batch outputs"],
    weights: Weights | None = None,
    reduction: Reduction = "mean",
) -> tuple[Float[Array, "..."], SquaredErrorResiduals]:
    check_value_targets("squared_error", x, targets)
    check_reduction("squared_error", weights, x.shape[:-1], reduction)
    difference = _difference(x, targets)
    costs = jnp.sum(jnp.square(difference), axis=-1)
    residuals = SquaredErrorResiduals(difference, like(x), like(targets), weights)
    return reduce_examples(costs, weights, reduction), residuals


def squared_error_bwd(
    reduction: Reduction, residuals: SquaredErrorResiduals, dy: Float[Array, "..."]
) -> tuple[Float[Array, "*batch outputs"], Float[Array, "*batch outputs"], Float[Array, "..."] | None]:
    difference, x, targets, weights = residuals
    costs = jnp.sum(jnp.square(difference), axis=-1)
    dc = costs_cotangent(dy, costs, weights, reduction)[..., None]
    dx = 2 * dc * counted(difference, dc)
    return match_cotangent(dx, x), match_cotangent(-dx, targets), weights_cotangent(dy, costs, weights, reduction)


squared_error.defvjp(squared_error_fwd, squared_error_bwd)


def squared_error_reference(
    x: Float[Array, "*batch outputs"],
    targets: Float[Array, "*batch outputs"],
    weights: Weights | None = None,
    reduction: Reduction = "mean",
) -> Float[Array, "..."]:
    """`squared_error` for automatic differentiation."""
    return reduce_examples(jnp.sum(jnp.square(_difference(x, targets)), axis=-1), weights, reduction)


def _difference(
    x: Float[Array, "*batch outputs"], targets: Float[Array, "*batch outputs"]
) -> Float[Array, "*batch outputs"]:
    return widen(x) - targets.astype(accumulation_dtype(x.dtype))


SQUARED_ERROR = Cost(
    rule=squared_error,
    reference=squared_error_reference,
    remedies={},
    targets="values",
    metrics={"absolute_error": absolute_error},
)
