"""The cost and metrics of many examples."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from ..core.module import Variables
from ..data import Examples
from .devices import ONE_DEVICE, Devices
from .pool import HostExamples, prefetched
from .recipe import Recipe
from .totals import Totals

Evaluate = Callable[[Variables, Examples | HostExamples, range], dict[str, float]]


def compile_evaluate(
    recipe: Recipe,
    variables: Variables,
    examples: Examples | HostExamples,
    buckets: Int[np.ndarray, " examples"] | None = None,
    devices: Devices = ONE_DEVICE,
) -> tuple[Evaluate, float]:
    """A function of (variables, examples, part), for such as these, and the seconds that compiling it took.

    It gives the mean loss, without penalties, and metrics of a range of examples. The range is traced: one program
    serves every part of the data. `buckets` holds each example's, where batches are cut to sizes. Examples on the host
    come in pools, to the same bits.
    """
    totals = Totals(recipe, devices)
    if isinstance(examples, HostExamples):
        return _compile_pooled(totals, variables, examples)
    started = time.perf_counter()
    arguments = devices.everywhere((variables, examples, buckets))
    program = devices.compile(totals.of, *arguments, np.zeros(3, np.int32))
    seconds = time.perf_counter() - started

    def evaluate(variables: Variables, examples: Any, part: range) -> dict[str, float]:
        bounds = np.array([part.start, len(part), part.step], np.int32)
        return totals.means(jax.device_get(program(variables, examples, buckets, bounds)), examples, len(part))

    return evaluate, seconds


def _compile_pooled(totals: Totals, variables: Variables, host: HostExamples) -> tuple[Evaluate, float]:
    devices, rows = totals.devices, totals.rows(host.examples)
    size = min(host.room(rows), -(-len(host.examples.inputs) // rows)) * rows
    started = time.perf_counter()
    pool, nothing = host.empty(size), np.zeros(3, np.int32)
    like = jax.eval_shape(totals.of, variables, pool, None, nothing)
    zeros = devices.everywhere(jax.tree.map(lambda f: jnp.zeros(f.shape, f.dtype), like))
    program = devices.compile(totals.of, devices.everywhere(variables), pool, None, nothing, zeros)
    seconds = time.perf_counter() - started

    def gather(numbers: range) -> tuple[Examples, int]:
        # Filled up, so that one program serves all pools.
        return host.gather(numbers[0] + numbers.step * np.minimum(np.arange(size), len(numbers) - 1)), len(numbers)

    def evaluate(variables: Variables, examples: Any, part: range) -> dict[str, float]:
        sums = zeros
        with closing(prefetched(gather, (part[i : i + size] for i in range(0, len(part), size)))) as pools:
            for pool, count in pools:
                sums = program(variables, pool, None, np.array([0, count, 1], np.int32), sums)
        return totals.means(jax.device_get(sums), host.examples, len(part))

    return evaluate, seconds
