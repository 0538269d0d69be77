"""The cost and metrics of many examples."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int

from ..core.module import Variables
from ..data import Examples
from ..data.normalize import normalize
from .objective import Batch, Figures, measure
from .recipe import Recipe

# Large enough to keep the device busy, small enough for any model's activations.
_BATCH_SIZE = 500

Evaluate = Callable[[Variables, Examples, range], dict[str, float]]


def compile_evaluate(recipe: Recipe) -> Evaluate:
    """A function of (variables, examples, part): the mean loss, without penalties, and metrics of a range of examples.

    The range is traced: one compiled program serves every part of the data.
    """

    @jax.jit
    def total(variables: Variables, examples: Examples, first: Int[Array, ""], last: Int[Array, ""]) -> Figures:
        def batch_total(i: Int[Array, ""]) -> Figures:
            places = first + i * _BATCH_SIZE + jnp.arange(_BATCH_SIZE)
            indices = jnp.minimum(places, last - 1)
            weights = (places < last).astype(jnp.float32)
            batch = Batch(examples.inputs[indices], examples.targets[indices], weights)
            (outputs,), _ = recipe.model.apply(variables, normalize(batch.inputs, recipe.normalization))
            figures = {"loss": recipe.cost.rule(outputs, *batch[1:]), **measure(outputs, batch, recipe)}
            return jax.tree.map(lambda mean: mean * jnp.sum(weights), figures)

        zeros = jax.tree.map(lambda f: jnp.zeros((), f.dtype), jax.eval_shape(batch_total, first))
        batches = -(-(last - first) // _BATCH_SIZE)
        return jax.lax.fori_loop(0, batches, lambda i, sums: jax.tree.map(jnp.add, sums, batch_total(i)), zeros)

    def evaluate(variables: Variables, examples: Examples, part: range) -> dict[str, float]:
        totals = jax.device_get(total(variables, examples, np.int32(part.start), np.int32(part.stop)))
        return {name: float(totals[name]) / len(part) for name in ("loss", *recipe.cost.metrics)}

    return evaluate
