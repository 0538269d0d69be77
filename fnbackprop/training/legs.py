"""A run's steps in legs, each with its examples on the device."""

from collections.abc import Generator, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from ..data import Examples
from .batches import Batches, Order, Pooled
from .devices import Devices
from .pool import HostExamples, prefetched


class Leg(NamedTuple):
    """Steps of one epoch, up to before `last`, and what they need; `start` is the epoch's first step."""

    start: int
    last: int
    examples: Examples
    order: Order | Pooled

    def bounds(self, first: int, last: int) -> tuple[np.int32, np.int32]:
        """Where steps of the run are in the epoch."""
        return np.int32(first - self.start), np.int32(last - self.start)


class _Job(NamedTuple):
    """A leg whose examples have yet to be gathered: its epoch's first step, its own first, and where it ends."""

    start: int
    first: int
    last: int
    order: Any  # an Order; NumPy's where the examples are on the host


class Legs:
    """A training's legs: whole epochs where the examples are on the device, otherwise as much as a pool holds."""

    def __init__(self, examples: Examples | HostExamples, batches: Batches, key: PRNGKeyArray, devices: Devices):
        self._examples, self._batches, self._key = examples, batches, key
        self._steps, self._labels = batches.per_epoch, None
        if isinstance(examples, HostExamples):
            self._steps = min(self._steps, examples.room(batches.data.batch_size))
            if batches.data.shuffle == "stratified":
                self._labels = devices.everywhere(jnp.asarray(examples.examples.targets))
        else:
            self._labels = examples.targets
        self._order = devices.compile(batches.order, key, np.int32(0), self._labels)

    def order(self, epoch: int) -> Order:
        """The order of an epoch's examples."""
        return self._order(self._key, np.int32(epoch), self._labels)

    def sample(self) -> tuple[Examples, Order | Pooled]:
        """Examples and an order like those of every leg, to compile a program for."""
        if isinstance(self._examples, HostExamples):
            return self._examples.empty(self._steps * self._batches.data.batch_size), Pooled(np.int32(0))
        return self._examples, self.order(0)

    def between(self, first: int, last: int) -> Generator[Leg, None, None]:
        """The legs from step `first` to before `last`; what is gathered is so one leg ahead, until this is closed."""
        jobs = self._jobs(first, last)
        if isinstance(self._examples, HostExamples):
            yield from prefetched(partial(self._gather, self._examples), jobs)
        else:
            yield from (Leg(job.start, job.last, self._examples, job.order) for job in jobs)

    def _jobs(self, first: int, end: int) -> Iterator[_Job]:
        epoch, per_epoch = -1, self._batches.per_epoch
        while first < end:
            if first // per_epoch != epoch:
                epoch = first // per_epoch
                order = self.order(epoch)
                if isinstance(self._examples, HostExamples):
                    order = jax.device_get(order)
            start = epoch * per_epoch
            last = min(first + self._steps, start + per_epoch, end)
            yield _Job(start, first, last, order)
            first = last

    def _gather(self, host: HostExamples, job: _Job) -> Leg:
        size, first = self._batches.data.batch_size, job.first - job.start
        places = np.arange(first * size, (first + self._steps) * size)
        # All pools are equally large, so that one program serves them; what no step sees is its last example again.
        places = np.minimum(places, (job.last - job.start) * size - 1) % len(job.order.indices)
        return Leg(job.start, job.last, host.gather(job.order.indices[places]), Pooled(np.int32(first)))
