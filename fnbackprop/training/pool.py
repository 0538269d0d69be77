"""Examples that stay on the host: a thread gathers those that come next, while the device is busy with others."""

import math
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, Shaped

from ..data import Examples
from ..data.rows import Rows, is_too_large
from .devices import ONE_DEVICE, Devices

Job = TypeVar("Job")
Made = TypeVar("Made")

# In use, ready, and being gathered.
_POOLS = 3
# Larger ones would keep the first step, and Ctrl-C, waiting, and be no faster.
_LARGEST = 2**26


class HostExamples(NamedTuple):
    """Examples of which the device holds a few at a time, in pools of so many bytes."""

    examples: Examples
    bytes: float
    devices: Devices = ONE_DEVICE

    def room(self, batch: int) -> int:
        """How many batches of so many examples a pool holds; one at least."""
        each = sum(math.prod(array.shape[1:]) * array.dtype.itemsize for array in self.examples)
        return max(1, int(self.bytes / (each * batch)))

    def gather(self, numbers: Int[np.ndarray, " pool"]) -> Examples:
        """A pool of the examples with these numbers, on the device."""
        return self._put(Examples(*(array[numbers] for array in self.examples)))

    def empty(self, size: int) -> Examples:
        """A pool of so many examples that are all zeros, to compile programs for."""
        return self._put(Examples(*(np.zeros((size, *array.shape[1:]), array.dtype) for array in self.examples)))

    def _put(self, pool: Examples) -> Examples:
        return self.devices.everywhere(jax.tree.map(jnp.asarray, pool))


def place(examples: Examples, megabytes: float, devices: Devices = ONE_DEVICE) -> Examples | HostExamples:
    """The examples on the device; or on the host, where they take more than that."""
    if is_too_large(examples, megabytes):
        return HostExamples(examples, min(1e6 * megabytes / _POOLS, _LARGEST), devices)
    return devices.everywhere(on_device(examples))


def on_device(examples: Examples) -> Examples:
    """All of the examples on the device; of what lies in a file, the host never holds a copy of all."""
    return jax.tree.map(lambda array: _read(array) if isinstance(array, Rows) else jnp.asarray(array), examples)


def _read(rows: Rows) -> Array:
    step = max(1, _LARGEST // max(1, math.prod(rows.shape[1:]) * rows.dtype.itemsize))
    whole = jnp.zeros(rows.shape, jax.dtypes.canonicalize_dtype(rows.dtype))
    for start in range(0, len(rows), step):
        block = jnp.asarray(np.asarray(rows[start : start + step]))
        whole = jax.block_until_ready(_fill(whole, block, start))  # before the next block takes memory too
    return whole


@partial(jax.jit, donate_argnums=0)
def _fill(whole: Shaped[Array, "n ..."], block: Shaped[Array, "m ..."], start: Array | int) -> Shaped[Array, "n ..."]:
    return jax.lax.dynamic_update_slice_in_dim(whole, block, start, axis=0)


def prefetched(make: Callable[[Job], Made], jobs: Iterable[Job]) -> Generator[Made, None, None]:
    """What `make` makes of each job, in a thread that is one job ahead, and that ends with this iterator.

    What it raises is raised here, in its turn.
    """
    with ThreadPoolExecutor(1, "prefetch") as thread:
        ahead: deque[Future[Made]] = deque()
        for job in jobs:
            ahead.append(thread.submit(make, job))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
