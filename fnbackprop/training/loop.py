"""Many steps per dispatch: one compiled loop over examples on the device, all of them or those that come next."""

import time
from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from ..core.config import DataConfig, HealthConfig
from ..data import Examples
from .batches import Batches
from .devices import ONE_DEVICE, Devices
from .health import read_health
from .legs import Leg, Legs
from .look import Health
from .pool import HostExamples, on_device
from .recipe import Recipe
from .step import TrainState
from .steps import Steps

# Long enough that dispatching costs nothing, short enough that progress and Ctrl-C feel immediate.
SECONDS_PER_CHUNK = 0.5
# A chunk ends before it looks at the nodes more often: what is kept and fetched of its looks stays small.
_MOST_LOOKS = 32


class Chunk(NamedTuple):
    """The steps of one dispatch, from `first` to before `last`, and the state after them.

    For each step its figures, and how many examples it saw; the seconds that all took; and the nodes' health, where
    it was looked at.
    """

    first: int
    last: int
    state: TrainState
    figures: dict[str, np.ndarray]
    examples: np.ndarray
    seconds: float
    health: list[Health]


class Loop:
    """Trains states like `state` on the first `count` of `examples`, many steps per dispatch.

    The batch of a step is a pure function of (key, step), and the bounds of the compiled loop are traced: however the
    steps are cut into chunks, they compute the same bits, and compile once. `health` asks for the nodes' health, which
    changes no bit of the training; without it the program is the one that knows nothing of health. `buckets` holds each
    example's, where batches are cut to the recipe's sizes. `devices` share each batch. Where the examples are on the
    host, those of the next steps are gathered meanwhile; that changes no bit either. How long a step takes is
    remembered from one training to the next.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: DataConfig,
        examples: Examples | HostExamples,
        count: int,
        key: PRNGKeyArray,
        state: TrainState,
        health: HealthConfig | None = None,
        buckets: Int[np.ndarray, " count"] | None = None,
        devices: Devices = ONE_DEVICE,
    ):
        self._order_key, self._step_key = jax.random.split(key)
        self._batches = Batches(data, count, buckets)
        self.steps_per_epoch = self._batches.per_epoch
        self._recipe, self._health, self._devices = recipe, health, devices
        self._steps = Steps(recipe, self._batches, health, devices)
        if not isinstance(examples, HostExamples):
            examples = devices.everywhere(on_device(examples))
        self._length = 1  # of the next chunk, in steps
        started = time.perf_counter()
        self._legs = Legs(examples, self._batches, self._order_key, devices)
        self._compile(devices.everywhere(state))
        self.compile_seconds = time.perf_counter() - started

    def _compile(self, state: TrainState) -> None:
        start = np.int32(0)
        examples, order = self._legs.sample()
        # One more for the first step that goes wrong, which is looked at too.
        empty = self._steps.empty(self._step_key, state, examples, order, _MOST_LOOKS + 1)
        self._empty = self._devices.everywhere(empty)
        # The state is given up to the loop, whose new one takes its memory. Keys are arguments: a program that is kept
        # serves every seed.
        arguments = state, self._empty, self._step_key, examples, order, start, start
        self._run = self._devices.compile(self._steps.run, *arguments, donate=(0,))

    def chunks(self, state: TrainState, total_steps: int, *periods: int) -> Generator[Chunk, None, None]:
        """Train from `state` to `total_steps`, in chunks that end at every multiple of each of `periods`.

        Each chunk's state is used up by the next. Figures that are no numbers are for `check_finite` to refuse. Close
        it where it is left before its end. Raises DataError where examples on the host cannot be read.
        """
        first = int(state.step)
        state = self._devices.everywhere(state)
        with closing(self._legs.between(first, total_steps)) as legs:
            asked = time.perf_counter()
            for leg in legs:
                waited = time.perf_counter() - asked
                while first < leg.last:
                    due = (first - first % period + period for period in periods)
                    last = min(first + self._length, *due, leg.last)
                    began = time.perf_counter()
                    state, figures, health = self._take(state, leg, first, last)
                    seconds = time.perf_counter() - began
                    self._length = self._limited(max(1, round(SECONDS_PER_CHUNK / seconds * (last - first))))
                    seen = self._batches.seen(leg.order, *leg.bounds(first, last))
                    yield Chunk(first, last, state, figures, seen, waited + seconds, health)
                    first, waited = last, 0.0
                asked = time.perf_counter()

    def _take(
        self, state: TrainState, leg: Leg, first: int, last: int
    ) -> tuple[TrainState, dict[str, np.ndarray], list[Health]]:
        """Steps of a leg, in one dispatch: the state after them, their figures and the nodes' health."""
        bounds = leg.bounds(first, last)
        state, records = self._run(state, self._empty, self._step_key, leg.examples, leg.order, *bounds)
        figures, looks = jax.device_get(records)
        figures = {name: values[slice(*bounds)] for name, values in figures.items()}
        return state, figures, read_health(looks, self._recipe.model)

    def rehearse(self, state: TrainState, steps: int) -> float:
        """Take some steps from a copy of `state`, and forget them: the seconds that they took."""
        bounds = np.int32(0), np.int32(min(steps, self.steps_per_epoch))
        with closing(self._legs.between(0, int(bounds[1]))) as legs:
            leg = next(legs)
        copy = jax.block_until_ready(jax.tree.map(jnp.copy, self._devices.everywhere(state)))
        began = time.perf_counter()
        jax.block_until_ready(self._run(copy, self._empty, self._step_key, leg.examples, leg.order, *bounds))
        return time.perf_counter() - began

    @property
    def program_text(self) -> str:
        """The compiled program, as XLA writes it down."""
        return self._run.as_text()

    def order(self, epoch: int) -> Int[Array, " kept"]:
        """The examples in the order in which an epoch visits them."""
        return self._legs.order(epoch).indices

    def _limited(self, steps: int) -> int:
        """So many steps, or as many as look at the nodes as often as there is room for."""
        return steps if self._health is None else min(steps, _MOST_LOOKS * self._health.every)
