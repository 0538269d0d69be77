"""The steps of one dispatch, as a pure function that can be compiled, or mapped over many runs and then compiled."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PRNGKeyArray

from ..core.config import HealthConfig
from ..data import Examples
from ..data.buckets import at_size
from .batches import Batches, Order, Pooled, pick_examples
from .devices import ONE_DEVICE, Devices
from .health import watched_step
from .look import Look, Looks, add_look, no_looks
from .objective import Batch, Figures
from .recipe import Recipe
from .spoiled import leave_out
from .step import TrainState, train_step

# What the steps leave behind for the host.
Records = tuple[Figures, Looks | None]


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of `recipe` on those of the examples that `batches` picks; see `Loop`.

    One for each trace where the recipe holds traced numbers: it keeps what it traced.
    """

    recipe: Recipe
    batches: Batches
    health: HealthConfig | None = None
    devices: Devices = ONE_DEVICE

    def empty(
        self, key: PRNGKeyArray, state: TrainState, examples: Examples, order: Order | Pooled, looks: int
    ) -> Records:
        """Room for an epoch's figures, and for so many looks at the nodes."""
        _, figures, look = jax.eval_shape(self._traced, key, state, examples, order, np.int32(0))
        figures = jax.tree.map(lambda f: jnp.zeros((self.batches.per_epoch, *f.shape), f.dtype), figures)
        return figures, None if look is None else no_looks(look, looks)

    def run(
        self,
        state: TrainState,
        records: Records,
        key: PRNGKeyArray,
        examples: Examples,
        order: Order | Pooled,
        first: Array,
        last: Array,
    ) -> tuple[TrainState, Records]:
        """The state after the steps from `first` to before `last`, and the records with those steps filled in."""

        def body(i: Array, carry: tuple[TrainState, Records]) -> tuple[TrainState, Records]:
            state, (figures, looks) = carry
            state, new, look = self._traced(key, state, examples, order, i)
            figures = jax.tree.map(lambda values, value: values.at[i].set(value), figures, new)
            return state, (figures, looks if look is None or looks is None else add_look(looks, look))

        return jax.lax.fori_loop(first, last, body, (state, records))

    @cached_property
    def _traced(self) -> Callable[..., tuple[TrainState, Figures, Look | None]]:
        # One trace for the shapes of what it returns and for the loop. It is inlined, at the latest when the loop is
        # lowered, so that the program is as if `step` itself were called.
        return jax.jit(self.step, inline=True)

    def step(
        self, key: PRNGKeyArray, state: TrainState, examples: Examples, order: Order | Pooled, i: Array
    ) -> tuple[TrainState, Figures, Look | None]:
        """The state after step `i` of the epoch, the step's figures, and its look at the nodes."""
        indices, weights = self.batches.pick(order, i)
        inputs, targets, weights = self.devices.spread((*pick_examples(examples, indices), weights))

        def step(inputs: Array) -> tuple[TrainState, Figures, Look | None]:
            batch = Batch(inputs, targets, weights)
            if self.health is None:
                after, figures, look = *train_step(state, batch, self.recipe, key), None
            else:
                after, figures, look = watched_step(state, batch, self.recipe, key, self.health)
            if (policy := self.recipe.non_finite) != "stop":
                after, figures = leave_out(state, after, figures, policy == "reduce")
            return after, figures, look

        if order.weights is None:
            return step(inputs)
        return at_size(step, inputs, self.recipe.sizes, self.batches.bucket(indices))
