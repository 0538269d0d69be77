"""The cost and metrics of many examples."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int

from ..core.module import Variables
from ..data import Examples
from .devices import ONE_DEVICE, Devices
from .forward import forward
from .objective import Batch, Figures, measure
from .recipe import Recipe

# Large enough to keep the device busy, small enough for any model's activations.
_BATCH_SIZE = 512

Evaluate = Callable[[Variables, Examples, range], dict[str, float]]


def compile_evaluate(
    recipe: Recipe,
    variables: Variables,
    examples: Examples,
    buckets: Int[np.ndarray, " examples"] | None = None,
    devices: Devices = ONE_DEVICE,
) -> tuple[Evaluate, float]:
    """A function of (variables, examples, part), for such as these, and the seconds that compiling it took.

    It gives the mean loss, without penalties, and metrics of a range of examples. The range is traced: one program
    serves every part of the data. `buckets` holds each example's, where batches are cut to sizes.
    """

    def total(
        variables: Variables, examples: Examples, buckets: Array | None, first: Int[Array, ""], last: Int[Array, ""]
    ) -> Figures:
        def batch_total(i: Int[Array, ""]) -> Figures:
            places = first + i * _BATCH_SIZE + jnp.arange(_BATCH_SIZE)
            indices = jnp.minimum(places, last - 1)
            weights = (places < last).astype(jnp.float32)
            batch, weights = devices.spread((Batch(examples.inputs[indices], examples.targets[indices]), weights))
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
            batch = batch._replace(weights=weights)
            outputs, _ = forward(variables, batch.inputs, recipe)
            figures = {"loss": recipe.cost.rule(outputs, *batch[1:]), **measure(outputs, batch, recipe)}
            return jax.tree.map(lambda mean: mean * jnp.sum(weights), figures)

        one = Batch(jnp.asarray(examples.inputs[:1]), jnp.asarray(examples.targets[:1]))
        zeros = jax.tree.map(lambda f: jnp.zeros((), f.dtype), jax.eval_shape(figures_sum, one, jnp.ones(1)))
        batches = -(-(last - first) // _BATCH_SIZE)
        return jax.lax.fori_loop(0, batches, lambda i, sums: jax.tree.map(jnp.add, sums, batch_total(i)), zeros)

    started = time.perf_counter()
    arguments = devices.everywhere((variables, examples, buckets))
    program = devices.compile(total, *arguments, np.int32(0), np.int32(0))
    seconds = time.perf_counter() - started

    def evaluate(variables: Variables, examples: Examples, part: range) -> dict[str, float]:
        totals = jax.device_get(program(variables, examples, buckets, np.int32(part.start), np.int32(part.stop)))
        return {name: float(totals[name]) / len(part) for name in ("loss", *recipe.cost.metrics)}

    return evaluate, seconds
