"""The cost and metrics of many examples."""

import math
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int

from ..core.module import Context, Variables
from ..data import Examples
from .devices import ONE_DEVICE, Devices
from .objective import Batch, Figures, run_and_measure
from .recipe import Recipe

# Large enough to keep the device busy, small enough for any model's activations; of a sequence each place counts.
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
    # So that a batch holds about as many numbers whatever an example is.
    sequences = recipe.cost.targets == "classes" and examples.targets.ndim > 1
    rows = max(1, _BATCH_SIZE // (examples.targets.shape[1] if sequences else 1)) * devices.count

    def total(variables: Variables, examples: Examples, buckets: Array | None, part: Int[Array, " 3"]) -> Figures:
        first, count, step = part

        def batch_total(i: Int[Array, ""]) -> Figures:
            numbers = i * rows + jnp.arange(rows)
            indices = first + step * jnp.minimum(numbers, count - 1)
            weights = (numbers < count).astype(jnp.float32)
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
            cost, _, metrics = run_and_measure(variables, batch._replace(weights=weights), recipe, Context())
            return jax.tree.map(lambda mean: mean * jnp.sum(weights), {"loss": cost, **metrics})

        one = Batch(jnp.asarray(examples.inputs[:1]), jnp.asarray(examples.targets[:1]))
        zeros = jax.tree.map(lambda f: jnp.zeros((), f.dtype), jax.eval_shape(figures_sum, one, jnp.ones(1)))
        batches = -(-count // rows)
        return jax.lax.fori_loop(0, batches, lambda i, sums: jax.tree.map(jnp.add, sums, batch_total(i)), zeros)

    started = time.perf_counter()
    arguments = devices.everywhere((variables, examples, buckets))
    program = devices.compile(total, *arguments, np.zeros(3, np.int32))
    seconds = time.perf_counter() - started

    def evaluate(variables: Variables, examples: Examples, part: range) -> dict[str, float]:
        totals = jax.device_get(
            program(variables, examples, buckets, np.array([part.start, len(part), part.step], np.int32))
        )
        figures = {name: float(totals[name]) / len(part) for name in ("loss", *recipe.cost.metrics)}
        return figures | {"perplexity": math.exp(min(figures["loss"], 700))} if sequences else figures

    return evaluate, seconds
