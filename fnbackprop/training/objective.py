"""What training makes small: the cost of a batch, plus penalties on the weights (lecture, C7 and C8)."""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Num

from ..core.config import PenaltiesConfig
from ..core.module import Context, Variables
from ..costs.reduction import reduce_examples
from ..costs.targets import is_probabilities
from ..penalties import acts, l1, l2, penalty_sum
from .forward import as_computed, forward
from .recipe import Recipe

# Numbers by name: of one step, or of each of many.
Figures = dict[str, Float[Array, "..."]]


class Batch(NamedTuple):
    """Examples that are looked at together; those of weight 0 are there to fill it up."""

    inputs: Num[Array, "batch ..."]
    targets: Num[Array, "batch ..."]
    weights: Float[Array, " batch"] | None = None


def objective(
    params: Any, variables: Variables, batch: Batch, recipe: Recipe, context: Context
) -> tuple[Float[Array, ""], tuple[Any, Figures]]:
    """The loss of a batch; and the model's next state, and the loss's parts and the cost's metrics by name.

    Forward: loss = cost(model(x), t) + α₂‖w‖² + α₁Σ|w|, with those penalties that are in penalty form
    """
    context = count_examples(context, batch)
    cost, state, metrics = run_and_measure(variables._replace(params=params), batch, recipe, context)
    parts = {"cost": cost, **penalty_terms(params, recipe.penalties)}
    loss = jnp.asarray(sum(parts.values()))
    return loss, (state, {"loss": loss, **(parts if len(parts) > 1 else {}), **metrics})


def run_and_measure(
    variables: Variables, batch: Batch, recipe: Recipe, context: Context
) -> tuple[Float[Array, ""], Any, Figures]:
    """The cost of a batch, the model's next state, and the mean of each of the cost's metrics.

    Where a last Linear is fused with the cost, one rule is run instead of both, to the same result.
    """
    fused, targets, metrics = recipe.fused, batch.targets, recipe.cost.metrics
    if fused is None or is_probabilities(targets) or context.derivatives == "reference":
        outputs, state = forward(variables, batch.inputs, recipe, context)
        cost = context.pick(recipe.cost.rule, recipe.cost.reference)(outputs, targets, batch.weights)
        measured = [metric(outputs, targets) for metric in metrics.values()]
    else:
        x, state = forward(variables, batch.inputs, recipe._replace(model=fused.body), context)
        params = as_computed(variables, batch.inputs, recipe)[0].params[fused.linear.owner]
        with jax.named_scope(fused.linear.name):
            cost, *measured = fused.rule(x, params["weight"], params.get("bias"), targets, batch.weights)
    means = (reduce_examples(each, batch.weights, "mean") for each in measured)
    return cost, state, dict(zip(metrics, means, strict=True))


def count_examples(context: Context, batch: Batch) -> Context:
    """The same context, where examples of weight 0 do not count."""
    return context if batch.weights is None else replace(context, counted=batch.weights != 0)


def penalty_terms(params: Any, penalties: PenaltiesConfig) -> Figures:
    """The penalties that are part of the loss, by name."""
    terms = {}
    if acts(penalties.l2) and penalties.l2_form == "penalty":
        terms["l2"] = penalty_sum(l2, params, penalties.l2, penalties.biases)
    if acts(penalties.l1) and penalties.l1_form == "penalty":
        terms["l1"] = penalty_sum(l1, params, penalties.l1, penalties.biases)
    return terms
