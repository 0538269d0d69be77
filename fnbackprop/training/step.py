"""One step of training: gradients through the rules, an update, and the step's figures."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from ..core.module import Context, Module, Spec, Variables
from ..data.augment import augment
from .average import update_average
from .micro_batches import over_micro_batches
from .objective import Batch, Figures, objective
from .recipe import Recipe
from .update import update_params

# Folded into a step's key, as the nodes' own numbers are for theirs.
_AUGMENT = 0xA06


class TrainState(NamedTuple):
    """All that a step changes: with the seed, what a run needs to go on."""

    step: Int[Array, ""]
    variables: Variables
    optimizer: Any
    average: Any = None  # of the parameters, where the recipe keeps one

    @property
    def outcome(self) -> Variables:
        """The variables that are evaluated and kept as the model."""
        return self.variables if self.average is None else self.variables._replace(params=self.average)


class Slope(NamedTuple):
    """What a step finds before it moves: the gradient, the model's next state, and the step's figures."""

    gradient: Any
    carried: Any
    figures: Figures
    spoiled: Int[Array, ""] | None = None  # the micro-batch to look at, where there are several: see `micro_batches`


def initializer(model: Module, inputs: Spec) -> Callable[[PRNGKeyArray], Variables]:
    """Makes fresh variables for a batch of inputs of this shape from a key, in one compiled program."""
    return _compiled_for_once(lambda key: model.init(key, inputs))


def initial_state(recipe: Recipe, key: PRNGKeyArray, inputs: Spec) -> TrainState:
    """Fresh variables for a batch of inputs of this shape, and the optimizer's state, at step 0."""
    variables = initializer(recipe.model, inputs)(key)
    return _compiled_for_once(partial(start_state, recipe))(variables)


def _compiled_for_once(function: Callable) -> Callable:
    # A program for all arrays, instead of one for each. It runs once: on a CPU, where it takes half as long to compile
    # with little optimisation, that is what counts.
    options = {"xla_backend_optimization_level": 1} if jax.default_backend() == "cpu" else {}
    return jax.jit(function, compiler_options=options)


def start_state(recipe: Recipe, variables: Variables) -> TrainState:
    """The state at step 0 of a model with these variables."""
    params = variables.params
    average = None if recipe.average is None else jax.tree.map(jnp.copy, params)
    return TrainState(jnp.int32(0), variables, recipe.optimizer.init(params), average)


def train_step(state: TrainState, batch: Batch, recipe: Recipe, key: PRNGKeyArray) -> tuple[TrainState, Figures]:
    """The state after one step on `batch`, and the step's figures. Dropout's randomness is of (key, step, node)."""
    slope = find_slope(state, batch, recipe, key)
    return descend(state, slope, recipe), slope.figures


def find_slope(state: TrainState, batch: Batch, recipe: Recipe, key: PRNGKeyArray) -> Slope:
    """The first half of a step, which changes nothing yet."""
    context = Context(key, train=True).fold(state.step)
    inputs = augment(batch.inputs, jax.random.fold_in(jax.random.fold_in(key, state.step), _AUGMENT), recipe.augment)
    batch = batch._replace(inputs=inputs)

    def slopes(batch: Batch, carried: Any, context: Context) -> tuple[Any, Any, Figures]:
        variables = state.variables._replace(state=carried)
        of_params = jax.grad(objective, has_aux=True)
        gradient, (carried, figures) = of_params(variables.params, variables, batch, recipe, context)
        return gradient, carried, figures

    if recipe.accumulate == 1:
        slope = Slope(*slopes(batch, state.variables.state, context))
    else:
        slope = Slope(*over_micro_batches(slopes, batch, state.variables.state, context, recipe.accumulate))
    rate = jnp.asarray(recipe.learning_rate(state.step), jnp.float32)
    figures = {**slope.figures, "learning_rate": rate, "gradient_norm": optax.tree.norm(slope.gradient)}
    return slope._replace(figures=figures)


def descend(state: TrainState, slope: Slope, recipe: Recipe) -> TrainState:
    """The second half of a step: the state that follows."""
    # All gradients before the first update: else XLA copies weights that the backward pass has yet to read.
    gradient, params = jax.lax.optimization_barrier((slope.gradient, state.variables.params))
    updates, optimizer = recipe.optimizer.update(gradient, state.optimizer, params)
    params = update_params(params, updates, recipe.penalties, slope.figures["learning_rate"])
    average = None if recipe.average is None else update_average(state.average, params, recipe.average, state.step)
    return TrainState(state.step + 1, Variables(params, slope.carried, state.variables.options), optimizer, average)
