"""What training makes small: the cost of a batch, plus penalties on the weights (lecture, C7 and C8)."""

from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Num

from ..core.config import PenaltiesConfig
from ..core.module import Context, Variables
from ..costs.reduction import reduce_examples
from ..penalties import acts, l1, l2, penalty_sum
from .forward import forward
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
    outputs, state = forward(variables._replace(params=params), batch.inputs, recipe, context)
    cost = context.pick(recipe.cost.rule, recipe.cost.reference)
    parts = {"cost": cost(outputs, batch.targets, batch.weights), **penalty_terms(params, recipe.penalties)}
    loss = jnp.asarray(sum(parts.values()))
    figures = {"loss": loss, **(parts if len(parts) > 1 else {}), **measure(outputs, batch, recipe)}
    return loss, (state, figures)


def count_examples(context: Context, batch: Batch) -> Context:
    """The same context, where examples of weight 0 do not count."""
    return context if batch.weights is None else replace(context, counted=batch.weights != 0)


def measure(outputs: Float[Array, "batch ..."], batch: Batch, recipe: Recipe) -> Figures:
    """The mean of each of the cost's metrics."""
    metrics = recipe.cost.metrics
    return {n: reduce_examples(metric(outputs, batch.targets), batch.weights, "mean") for n, metric in metrics.items()}


def penalty_terms(params: Any, penalties: PenaltiesConfig) -> Figures:
    """The penalties that are part of the loss, by name."""
    terms = {}
    if acts(penalties.l2) and penalties.l2_form == "penalty":
        terms["l2"] = penalty_sum(l2, params, penalties.l2, penalties.biases)
    if acts(penalties.l1) and penalties.l1_form == "penalty":
        terms["l1"] = penalty_sum(l1, params, penalties.l1, penalties.biases)
    return terms
