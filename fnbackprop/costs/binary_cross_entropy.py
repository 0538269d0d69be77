"""Binary cross-entropy on logits: two classes, one number (lecture, Cross-entropy)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.precision import accumulation_dtype, widen
from ..modules.sigmoid import sigmoid
from .accuracy import binary_accuracy
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
from .targets import BinaryTargets, check_binary_targets


class BinaryCrossEntropyResiduals(NamedTuple):
    x: Float[Array, "..."]
    targets: BinaryTargets
    weights: Weights | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def binary_cross_entropy(
    x: Float[Array, "..."], targets: BinaryTargets, weights: Weights | None = None, reduction: Reduction = "mean"
) -> Float[Array, "..."]:
    """Cross-entropy of one logit per example with 0, 1, or the probability of 1 (lecture, Cross-entropy).

    Forward:  c = −t log σ(x) − (1 − t) log σ(−x) for each example;
              C = Σ w c / Σ w ("mean"; 0 where Σ w = 0), Σ w c ("sum"), or w c ("none")
    Backward: dx = ((1 − t) σ(x) − t σ(−x)) dc,  dt = −x dc,  dc = dy · ∂C/∂c;
              dw = (c − C) dy / Σ w ("mean"), or c dy

    dx is (σ(x) − t) dc, in a form that does not round to 0 where σ(x) is nearly t. `x` has the shape of the targets,
    or one more axis of length 1. Every number is an example; `weights` have a shape that the targets' begins with.
    An outcome of probability 0 is left out, even at x = ±inf; so is an example of weight 0. An integer other than 0
    and 1 costs NaN. Half precision is computed and returned in float32.
    """
    return binary_cross_entropy_fwd(x, targets, weights, reduction)[0]


def binary_cross_entropy_fwd(
    x: Float[Array, "..."], targets: BinaryTargets, weights: Weights | None = None, reduction: Reduction = "mean"
) -> tuple[Float[Array, "..."], BinaryCrossEntropyResiduals]:
    check_binary_targets("binary_cross_entropy", x, targets)
    check_reduction("binary_cross_entropy", weights, targets.shape, reduction)
    costs = _costs(widen(x).reshape(targets.shape), _probability(targets, x))
    return reduce_examples(costs, weights, reduction), BinaryCrossEntropyResiduals(x, targets, weights)


def binary_cross_entropy_bwd(
    reduction: Reduction, residuals: BinaryCrossEntropyResiduals, dy: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "*batch"] | None, Float[Array, "..."] | None]:
    x, targets, weights = residuals
    z, t = widen(x).reshape(targets.shape), _probability(targets, x)
    costs = _costs(z, t)
    dc = costs_cotangent(dy, costs, weights, reduction)
    dx = dc * counted((1 - t) * sigmoid(z) - t * sigmoid(-z), dc)
    dt = dc * (counted(jnp.maximum(-z, 0), t) - counted(jnp.maximum(z, 0), 1 - t))
    dw = weights_cotangent(dy, costs, weights, reduction)
    return match_cotangent(dx.reshape(x.shape), x), floating_cotangent(dt, targets), dw


binary_cross_entropy.defvjp(binary_cross_entropy_fwd, binary_cross_entropy_bwd)


def binary_cross_entropy_reference(
    x: Float[Array, "..."], targets: BinaryTargets, weights: Weights | None = None, reduction: Reduction = "mean"
) -> Float[Array, "..."]:
    """`binary_cross_entropy` for automatic differentiation."""
    z, t = widen(x).reshape(targets.shape), _probability(forget_unweighted(targets, weights), x)
    costs = t * counted(jax.nn.softplus(-z), t) + (1 - t) * counted(jax.nn.softplus(z), 1 - t)
    return reduce_examples(costs, weights, reduction)


def _costs(z: Float[Array, "*batch"], t: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    # log(1 + e^−|z|) is the part that both outcomes share; what remains is exact.
    shared = jnp.log1p(jnp.exp(-jnp.abs(z)))
    return shared + t * counted(jnp.maximum(-z, 0), t) + (1 - t) * counted(jnp.maximum(z, 0), 1 - t)


def _probability(targets: BinaryTargets, x: Float[Array, "..."]) -> Float[Array, "*batch"]:
    """The probability of 1, NaN for an integer that is no outcome, in the type in which `x` is computed with."""
    t = targets.astype(accumulation_dtype(x.dtype))
    return jnp.where((t == 0) | (t == 1), t, jnp.nan) if jnp.issubdtype(targets.dtype, jnp.integer) else t


BINARY_CROSS_ENTROPY = Cost(
    rule=binary_cross_entropy,
    reference=binary_cross_entropy_reference,
    remedies={
        "probabilities": "remove the Sigmoid or Softmax: binary_cross_entropy takes logits",
        "log-probabilities": "remove the LogSigmoid or LogSoftmax: binary_cross_entropy takes logits",
    },
    targets="binary",
    metrics={"accuracy": binary_accuracy},
)
