"""Many steps per dispatch: one compiled loop over examples that lie on the device."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from ..core.config import DataConfig, HealthConfig
from ..data import Examples
from ..data.buckets import at_size, buckets_of
from .batches import Batches
from .finite import check_finite
from .health import NodesHealth, read_health, watched_step
from .objective import Batch, Figures
from .recipe import Recipe
from .spoiled import leave_out
from .step import TrainState, train_step

# Long enough that dispatching costs nothing, short enough that progress and Ctrl-C feel immediate.
SECONDS_PER_CHUNK = 0.5


class Chunk(NamedTuple):
    """The steps of one dispatch, from `first` to before `last`, and the state after them.

    For each step its figures, and how many examples it saw; the seconds that all took; and the nodes' health by step,
    for those steps in which it was looked at.
    """

    first: int
    last: int
    state: TrainState
    figures: dict[str, np.ndarray]
    examples: np.ndarray
    seconds: float
    health: dict[int, NodesHealth]


class Loop:
    """Trains states like `state` on the first `count` of `examples`, many steps per dispatch.

    The batch of a step is a pure function of (key, step), and the bounds of the compiled loop are traced: however the
    steps are cut into chunks, they compute the same bits, and compile once. `health` asks for the nodes' health, which
    changes no bit of the training; without it the program is the one that knows nothing of health.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: DataConfig,
        examples: Examples,
        count: int,
        key: PRNGKeyArray,
        state: TrainState,
        health: HealthConfig | None = None,
    ):
        order_key, self._step_key = jax.random.split(key)
        buckets = np.asarray(buckets_of(examples.inputs[:count], recipe.sizes)) if recipe.sizes else None
        self._batches = Batches(order_key, data, count, buckets)
        self.steps_per_epoch = self._batches.per_epoch
        self._recipe, self._health = recipe, health
        self._examples = jax.tree.map(jnp.asarray, examples)
        started = time.perf_counter()
        self._compile(state)
        self.compile_seconds = time.perf_counter() - started

    def _compile(self, state: TrainState) -> None:
        start = np.int32(0)
        self._order = jax.jit(self._batches.order).lower(start, self._examples.targets).compile()
        order = jax.ShapeDtypeStruct((self._batches.places,), jnp.int32)
        _, figures = jax.eval_shape(self._step, state, self._examples, order, start)
        self._figures = jax.tree.map(lambda f: jnp.zeros((self.steps_per_epoch, *f.shape), f.dtype), figures)
        # The state is given up to the loop, whose new one takes its memory.
        run = jax.jit(self._steps, donate_argnums=0)
        self._run = run.lower(state, self._figures, self._examples, order, start, start).compile()

    def chunks(self, state: TrainState, total_steps: int, *periods: int) -> Iterator[Chunk]:
        """Train from `state` to `total_steps`, in chunks that end at every multiple of each of `periods`.

        Each chunk's state is used up by the next. Raises NonFiniteError where the loss or its gradient is no number.
        """
        first, length, epoch, figures = int(state.step), 1, -1, self._figures
        while first < total_steps:
            if first // self.steps_per_epoch != epoch:
                epoch = first // self.steps_per_epoch
                order = self._order(np.int32(epoch), self._examples.targets)
            start = epoch * self.steps_per_epoch
            due = (first - first % period + period for period in periods)
            last = min(first + length, *due, start + self.steps_per_epoch, total_steps)
            bounds = np.int32(first - start), np.int32(last - start)
            began = time.perf_counter()
            state, figures = self._run(state, figures, self._examples, order, *bounds)
            fetched = {name: values[slice(*bounds)] for name, values in jax.device_get(figures).items()}
            seconds = time.perf_counter() - began
            if self._recipe.non_finite == "stop":
                check_finite(fetched, first, self._recipe.model)
            health = self._read_health(fetched, first)
            yield Chunk(first, last, state, fetched, self._batches.seen(order, *bounds), seconds, health)
            length = max(1, round(SECONDS_PER_CHUNK / seconds * (last - first)))
            first = last

    def order(self, epoch: int) -> Int[Array, " kept"]:
        """The examples in the order in which an epoch visits them."""
        order = self._order(np.int32(epoch), self._examples.targets)
        return jnp.where(order < 0, ~order, order)  # see `data.buckets.deal`

    def _steps(
        self, state: TrainState, figures: Figures, examples: Examples, order: Array, first: Array, last: Array
    ) -> tuple[TrainState, Figures]:
        def body(i: Array, carry: tuple[TrainState, Figures]) -> tuple[TrainState, Figures]:
            state, new = self._step(carry[0], examples, order, i)
            return state, jax.tree.map(lambda values, value: values.at[i].set(value), carry[1], new)

        return jax.lax.fori_loop(first, last, body, (state, figures))

    def _step(self, state: TrainState, examples: Examples, order: Array, i: Array) -> tuple[TrainState, Figures]:
        indices, weights = self._batches.pick(order, i)
        inputs, targets = examples.inputs[indices], examples.targets[indices]

        def step(inputs: Array) -> tuple[TrainState, Figures]:
            batch = Batch(inputs, targets, weights)
            if self._health is None:
                after, figures = train_step(state, batch, self._recipe, self._step_key)
            else:
                after, figures = watched_step(state, batch, self._recipe, self._step_key, self._health)
            policy = self._recipe.non_finite
            return (after, figures) if policy == "stop" else leave_out(state, after, figures, policy == "reduce")

        return at_size(step, inputs, self._recipe.sizes)

    def _read_health(self, figures: dict[str, np.ndarray], first: int) -> dict[int, NodesHealth]:
        if self._health is None:
            return {}
        del figures["non_finite"]
        return read_health(figures.pop("health"), first, self._recipe.model, self._health.every)
