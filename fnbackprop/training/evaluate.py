"""The cost and metrics of many examples."""

import time
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Int

from ..core.module import Variables
from ..data import Examples
from .devices import ONE_DEVICE, Devices
from .recipe import Recipe
from .totals import Totals

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
    totals = Totals(recipe, devices)
    started = time.perf_counter()
    arguments = devices.everywhere((variables, examples, buckets))
    program = devices.compile(totals.of, *arguments, np.zeros(3, np.int32))
    seconds = time.perf_counter() - started

    def evaluate(variables: Variables, examples: Examples, part: range) -> dict[str, float]:
        bounds = np.array([part.start, len(part), part.step], np.int32)
        return totals.means(jax.device_get(program(variables, examples, buckets, bounds)), examples, len(part))

    return evaluate, seconds
