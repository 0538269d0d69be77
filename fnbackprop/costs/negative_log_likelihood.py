"""Negative log-likelihood: cross-entropy on log-probabilities (lecture, Cross-entropy)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.precision import widen
from .accuracy import accuracy
from .cost import Cost
from .reduction import (
    Reduction,
    Weights,
    check_reduction,
    costs_cotangent,
    counted,
    floating_cotangent,
    forget_unweighted,
    reduce_examples,
    weights_cotangent,
)
from .targets import ClassTargets, at_class, check_class_targets, is_probabilities, target_probabilities


class NegativeLogLikelihoodResiduals(NamedTuple):
    x: Float[Array, "*batch classes"]
    costs: Float[Array, "*batch"]
    targets: ClassTargets
    weights: Weights | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def negative_log_likelihood(
    x: Float[Array, "*batch classes"],
    targets: ClassTargets,
    weights: Weights | None = None,
    reduction: Reduction = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of log-probabilities with classes or probabilities (lecture, Cross-entropy).

    Forward:  c = −Σ_k t_k x_k for each example, t = onehot(target);
              C = Σ w c / Σ w ("mean"; 0 where Σ w = 0), Σ w c ("sum"), or w c ("none")
    Backward: dx = −t dc,  dt = −x dc,  dc = dy · ∂C/∂c;  dw = (c − C) dy / Σ w ("mean"), or c dy

    `targets` and `weights` as in `cross_entropy`. A class of probability 0 is left out, even at x = −inf; so is an
    example of weight 0. A number that is no class costs NaN. Half precision is computed and returned in float32.
    """
    return negative_log_likelihood_fwd(x, targets, weights, reduction)[0]


def negative_log_likelihood_fwd(
    x: Float[Array, "*batch classes"],
    targets: ClassTargets,
    weights: Weights | None = None,
    reduction: Reduction = "mean",
) -> tuple[Float[Array, "..."], NegativeLogLikelihoodResiduals]:
    check_class_targets("negative_log_likelihood", x, targets)
    check_reduction("negative_log_likelihood", weights, x.shape[:-1], reduction)
    costs = _expected_costs(x, targets) if is_probabilities(targets) else -at_class(x, targets)
    return reduce_examples(costs, weights, reduction), NegativeLogLikelihoodResiduals(x, costs, targets, weights)


def negative_log_likelihood_bwd(
    reduction: Reduction, residuals: NegativeLogLikelihoodResiduals, dy: Float[Array, "..."]
) -> tuple[Float[Array, "*batch classes"], Float[Array, "*batch classes"] | None, Float[Array, "..."] | None]:
    x, costs, targets, weights = residuals
    t = target_probabilities(targets, x)
    dc = costs_cotangent(dy, costs, weights, reduction)[..., None]
    dx = -dc * counted(t, dc)
    dt = -dc * counted(widen(x), t)
    return match_cotangent(dx, x), floating_cotangent(dt, targets), weights_cotangent(dy, costs, weights, reduction)


negative_log_likelihood.defvjp(negative_log_likelihood_fwd, negative_log_likelihood_bwd)


def negative_log_likelihood_reference(
    x: Float[Array, "*batch classes"],
    targets: ClassTargets,
    weights: Weights | None = None,
    reduction: Reduction = "mean",
) -> Float[Array, "..."]:
    """`negative_log_likelihood` for automatic differentiation."""
    return reduce_examples(_expected_costs(x, forget_unweighted(targets, weights)), weights, reduction)


def _expected_costs(x: Float[Array, "*batch classes"], targets: ClassTargets) -> Float[Array, "*batch"]:
    t = target_probabilities(targets, x)
    return -jnp.sum(t * counted(widen(x), t), axis=-1)


NEGATIVE_LOG_LIKELIHOOD = Cost(
    rule=negative_log_likelihood,
    reference=negative_log_likelihood_reference,
    remedies={
        "values": "end the model with a LogSoftmax, or use cross_entropy",
        "probabilities": "put a LogSoftmax in place of the Softmax, or remove it and use cross_entropy",
    },
    targets="classes",
    metrics={"accuracy": accuracy},
)
