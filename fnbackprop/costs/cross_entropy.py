"""Cross-entropy on logits, the cost of classification (lecture, Cross-entropy)."""

from functools import partial
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from annotated_types import Ge, Lt
from jax import Array
from jaxtyping import Float

from ..core.cotangent import match_cotangent
from ..core.precision import widen
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


class CrossEntropyResiduals(NamedTuple):
    x: Float[Array, "*batch classes"]
    shift: Float[Array, "*batch 1"]
    log_sum: Float[Array, "*batch 1"]
    costs: Float[Array, "*batch"]
    targets: ClassTargets
    weights: Weights | None
    label_smoothing: float | Float[Array, ""]


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def cross_entropy(
    x: Float[Array, "*batch classes"],
    targets: ClassTargets,
    weights: Weights | None = None,
    label_smoothing: Annotated[float, Ge(0), Lt(1)] | Float[Array, ""] = 0.0,
    reduction: Reduction = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of logits with classes or probabilities (lecture, Cross-entropy).

    Forward:  c = −Σ_k t_k log softmax(x)_k for each example, t = (1 − ε) onehot(target) + ε / classes;
              C = Σ w c / Σ w ("mean"; 0 where Σ w = 0), Σ w c ("sum"), or w c ("none")
    Backward: dx = (softmax(x) Σ_k t_k − t) dc,  dt = −(1 − ε) log softmax(x) dc,  dc = dy · ∂C/∂c;
              dw = (c − C) dy / Σ w ("mean"), or c dy; none for integers or for the smoothing ε

    `targets` are numbers of classes, of shape "*batch", or floating probabilities of x's shape. `weights` have a
    shape that "*batch" begins with, so that one weight per sequence counts for all its positions.
    A class of probability 0 is left out: a logit of −inf there changes nothing, and has gradient 0. So is an example
    of weight 0. A number that is no class costs NaN. On log-probabilities it is the same as on logits.
    Half precision is computed and returned in float32, since a mean of many costs would lose its digits.
    """
    return cross_entropy_fwd(x, targets, weights, label_smoothing, reduction)[0]


def cross_entropy_fwd(
    x: Float[Array, "*batch classes"],
    targets: ClassTargets,
    weights: Weights | None = None,
    label_smoothing: float | Float[Array, ""] = 0.0,
    reduction: Reduction = "mean",
) -> tuple[Float[Array, "..."], CrossEntropyResiduals]:
    check_class_targets("cross_entropy", x, targets)
    check_reduction("cross_entropy", weights, x.shape[:-1], reduction)
    # Two numbers per example, not their sum: beside a large shift the log-sum would lose its digits.
    shift = jax.lax.stop_gradient(jnp.max(widen(x), axis=-1, keepdims=True))
    log_sum = jnp.log(jnp.sum(jnp.exp(widen(x) - shift), axis=-1, keepdims=True))
    costs = _costs(x, shift, log_sum, targets, label_smoothing)
    residuals = CrossEntropyResiduals(x, shift, log_sum, costs, targets, weights, label_smoothing)
    return reduce_examples(costs, weights, reduction), residuals


def cross_entropy_bwd(
    reduction: Reduction, residuals: CrossEntropyResiduals, dy: Float[Array, "..."]
) -> tuple[Float[Array, "*batch classes"], Float[Array, "*batch classes"] | None, Float[Array, "..."] | None, None]:
    x, shift, log_sum, costs, targets, weights, label_smoothing = residuals
    log_y = (widen(x) - shift) - log_sum
    t = _smooth(target_probabilities(targets, x), label_smoothing)
    total = jnp.sum(t, axis=-1, keepdims=True) if is_probabilities(targets) else 1
    dc = costs_cotangent(dy, costs, weights, reduction)[..., None]
    dx = dc * counted(jnp.exp(log_y) * total - t, dc)
    dt = (_number(label_smoothing, t) - 1) * dc * counted(log_y, t)
    dw = weights_cotangent(dy, costs, weights, reduction)
    return match_cotangent(dx, x), floating_cotangent(dt, targets), dw, None


cross_entropy.defvjp(cross_entropy_fwd, cross_entropy_bwd)


def cross_entropy_reference(
    x: Float[Array, "*batch classes"],
    targets: ClassTargets,
    weights: Weights | None = None,
    label_smoothing: float | Float[Array, ""] = 0.0,
    reduction: Reduction = "mean",
) -> Float[Array, "..."]:
    """`cross_entropy` for automatic differentiation."""
    t = _smooth(target_probabilities(forget_unweighted(targets, weights), x), label_smoothing)
    costs = -jnp.sum(t * counted(jax.nn.log_softmax(widen(x)), t), axis=-1)
    return reduce_examples(costs, weights, reduction)


def _costs(
    x: Float[Array, "*batch classes"],
    shift: Float[Array, "*batch 1"],
    log_sum: Float[Array, "*batch 1"],
    targets: ClassTargets,
    label_smoothing: float | Float[Array, ""],
) -> Float[Array, "*batch"]:
    if is_probabilities(targets):
        t = _smooth(target_probabilities(targets, x), label_smoothing)
        return -jnp.sum(t * counted((widen(x) - shift) - log_sum, t), axis=-1)
    # One logit is looked up, and all are read again only where the smoothing is not known to be 0: at a large number
    # of classes this takes half the time of a sum over all, and none of its memory.
    smoothing = _number(label_smoothing, shift)
    of_target = (at_class(x, targets) - shift[..., 0]) - log_sum[..., 0]
    of_all = jnp.mean(widen(x) - shift, axis=-1) - log_sum[..., 0]
    return (smoothing - 1) * of_target - jnp.where(smoothing == 0, 0, smoothing * of_all)


def _smooth(
    t: Float[Array, "*batch classes"], label_smoothing: float | Float[Array, ""]
) -> Float[Array, "*batch classes"]:
    smoothing = _number(label_smoothing, t)
    return (1 - smoothing) * t + smoothing / t.shape[-1]


def _number(label_smoothing: float | Float[Array, ""], like: Float[Array, "..."]) -> Float[Array, ""]:
    return jax.lax.stop_gradient(jnp.asarray(label_smoothing, like.dtype))
