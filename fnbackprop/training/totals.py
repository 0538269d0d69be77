"""Sums of the cost and metrics over many examples, batch by batch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int

from ..core.module import Context, Variables
from ..data import Examples
from .batches import pick_examples
from .devices import ONE_DEVICE, Devices
from .objective import Batch, Figures, run_and_measure
from .recipe import Recipe

# Large enough to keep the device busy, small enough for any model's activations; of a sequence each place counts.
_BATCH_SIZE = 512


@dataclass(frozen=True, eq=False)
class Totals:
    """The sums of the loss and metrics over a part of the examples, as a pure function that can be mapped."""

    recipe: Recipe
    devices: Devices = ONE_DEVICE

    def of(
        self,
        variables: Variables,
        examples: Examples,
        buckets: Any,
        part: Int[Array, " 3"],
        before: Figures | None = None,
    ) -> Figures:
        """The sums over a part, given as its start, its length and its step; on top of those of what came before."""
        recipe, devices, rows = self.recipe, self.devices, self.rows(examples)
        first, count, step = part

        def batch_total(i: Int[Array, ""]) -> Figures:
            numbers = i * rows + jnp.arange(rows)
            indices = first + step * jnp.minimum(numbers, count - 1)
            weights = (numbers < count).astype(jnp.float32)
            batch, weights = devices.spread((Batch(*pick_examples(examples, indices)), weights))
            if buckets is None:
                return figures_sum(batch, weights)
            sums = zeros
            for bucket, size in enumerate(recipe.sizes):
                own, part = weights * (buckets[indices] == bucket), batch._replace(inputs=batch.inputs[:, :size])
                # A size that no example has costs nothing.
                new = jax.lax.cond(jnp.any(own > 0), figures_sum, lambda *_: zeros, part, own)
                sums = jax.tree.map(jnp.add, sums, new)
            return sums

        def figures_sum(batch: Batch, weights: Array) -> Figures:
            cost, _, metrics = run_and_measure(variables, batch._replace(weights=weights), recipe, Context())
            return jax.tree.map(lambda mean: mean * jnp.sum(weights), {"loss": cost, **metrics})

        one = Batch(jnp.asarray(examples.inputs[:1]), jnp.asarray(examples.targets[:1]))
        zeros = jax.tree.map(lambda f: jnp.zeros((), f.dtype), jax.eval_shape(figures_sum, one, jnp.ones(1)))
        batches, sums = -(-count // rows), zeros if before is None else before
        return jax.lax.fori_loop(0, batches, lambda i, sums: jax.tree.map(jnp.add, sums, batch_total(i)), sums)

    def rows(self, examples: Examples) -> int:
        """How many examples are looked at together: about as many numbers, whatever an example is."""
        length = examples.targets.shape[1] if self._sequences(examples) else 1
        return max(1, _BATCH_SIZE // length) * self.devices.count

    def _sequences(self, examples: Examples) -> bool:
        return self.recipe.cost.targets == "classes" and examples.targets.ndim > 1

    def means(self, totals: Mapping[str, Any], examples: Examples, count: int) -> dict[str, float]:
        """Sums over `count` examples as the figures of a report."""
        figures = {name: float(totals[name]) / count for name in ("loss", *self.recipe.cost.metrics)}
        return figures | {"perplexity": math.exp(min(figures["loss"], 700))} if self._sequences(examples) else figures
