"""Many steps per dispatch: one compiled loop over examples that lie on the device."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from ..core.config import DataConfig
from ..core.errors import NonFiniteError
from ..data import Examples
from ..data.order import batch_indices, epoch_order
from .objective import Batch, Figures
from .recipe import Recipe
from .step import TrainState, train_step

# Long enough that dispatching costs nothing, short enough that progress and Ctrl-C feel immediate.
SECONDS_PER_CHUNK = 0.5


class Chunk(NamedTuple):
    """The steps of one dispatch, from `first` to before `last`, and the state after them.

    For each step its figures, and how many examples it saw; and the seconds that all took.
    """

    first: int
    last: int
    state: TrainState
    figures: dict[str, np.ndarray]
    examples: np.ndarray
    seconds: float


class Loop:
    """Trains states like `state` on the first `count` of `examples`, many steps per dispatch.

    The batch of a step is a pure function of (key, step), and the bounds of the compiled loop are traced: however the
    steps are cut into chunks, they compute the same bits, and compile once.
    """

    def __init__(
        self, recipe: Recipe, data: DataConfig, examples: Examples, count: int, key: PRNGKeyArray, state: TrainState
    ):
        self.steps_per_epoch = steps_per_epoch(count, data)
        self._recipe, self._data, self._count = recipe, data, count
        self._examples = jax.tree.map(jnp.asarray, examples)
        self._order_key, self._step_key = jax.random.split(key)
        started = time.perf_counter()
        self._compile(state)
        self.compile_seconds = time.perf_counter() - started

    def _compile(self, state: TrainState) -> None:
        start = np.int32(0)
        self._order = jax.jit(self._epoch_order).lower(start, self._examples.targets).compile()
        order = jax.ShapeDtypeStruct((self._kept,), jnp.int32)
        _, figures = jax.eval_shape(self._step, state, self._examples, order, start)
        self._figures = jax.tree.map(lambda f: jnp.zeros(self.steps_per_epoch, f.dtype), figures)
        # The state is given up to the loop, whose new one takes its memory.
        run = jax.jit(self._steps, donate_argnums=0)
        self._run = run.lower(state, self._figures, self._examples, order, start, start).compile()

    def chunks(self, state: TrainState, total_steps: int, report_every: int) -> Iterator[Chunk]:
        """Train from `state` to `total_steps`, in chunks that end wherever a report is due.

        Each chunk's state is used up by the next. Raises NonFiniteError where the loss or its gradient is no number.
        """
        first, length, epoch, figures = int(state.step), 1, -1, self._figures
        while first < total_steps:
            if first // self.steps_per_epoch != epoch:
                epoch = first // self.steps_per_epoch
                order = self.order(epoch)
            start = epoch * self.steps_per_epoch
            due = first - first % report_every + report_every
            last = min(first + length, due, start + self.steps_per_epoch, total_steps)
            bounds = np.int32(first - start), np.int32(last - start)
            began = time.perf_counter()
            state, figures = self._run(state, figures, self._examples, order, *bounds)
            fetched = {name: values[slice(*bounds)] for name, values in jax.device_get(figures).items()}
            seconds = time.perf_counter() - began
            _check_finite(fetched, first)
            seen = np.minimum(self._kept - np.arange(*bounds) * self._data.batch_size, self._data.batch_size)
            yield Chunk(first, last, state, fetched, seen, seconds)
            length = max(1, round(SECONDS_PER_CHUNK / seconds * (last - first)))
            first = last

    def order(self, epoch: int) -> Int[Array, " kept"]:
        """The examples in the order in which an epoch visits them."""
        return self._order(np.int32(epoch), self._examples.targets)

    @property
    def _kept(self) -> int:
        return min(self._count, self.steps_per_epoch * self._data.batch_size)

    def _epoch_order(self, epoch: Int[Array, ""], targets: Array) -> Int[Array, " kept"]:
        labels = targets[: self._count] if self._data.shuffle == "stratified" else None
        batch_size = self._data.batch_size
        return epoch_order(self._order_key, epoch, self._count, self._data.shuffle, labels, batch_size)[: self._kept]

    def _steps(
        self, state: TrainState, figures: Figures, examples: Examples, order: Array, first: Array, last: Array
    ) -> tuple[TrainState, Figures]:
        def body(i: Array, carry: tuple[TrainState, Figures]) -> tuple[TrainState, Figures]:
            state, new = self._step(carry[0], examples, order, i)
            return state, jax.tree.map(lambda values, value: values.at[i].set(value), carry[1], new)

        return jax.lax.fori_loop(first, last, body, (state, figures))

    def _step(self, state: TrainState, examples: Examples, order: Array, i: Array) -> tuple[TrainState, Figures]:
        indices, weights = batch_indices(order, i, self._data.batch_size)
        batch = Batch(examples.inputs[indices], examples.targets[indices], weights)
        return train_step(state, batch, self._recipe, self._step_key)


def steps_per_epoch(count: int, data: DataConfig) -> int:
    """Steps that an epoch of `count` examples takes; a ragged last batch counts where it is kept."""
    return count // data.batch_size if data.last_batch == "drop" else -(-count // data.batch_size)


def _check_finite(figures: dict[str, np.ndarray], first: int) -> None:
    for name in ("loss", "gradient_norm"):
        wrong = ~np.isfinite(figures[name])
        if wrong.any():
            step = first + int(np.argmax(wrong))
            value = figures[name][np.argmax(wrong)]
            raise NonFiniteError(
                f"step {step}: the {name.replace('_', ' ')} is {value}; lower optimizer.learning_rate, set "
                "optimizer.clip_norm, or look for extreme inputs"
            )
