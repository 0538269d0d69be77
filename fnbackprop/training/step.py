"""One step of training: gradients through the rules, an update, and the step's figures."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from ..core.module import Context, Spec, Variables
from .objective import Batch, Figures, objective
from .recipe import Recipe
from .update import update_params


class TrainState(NamedTuple):
    """All that a step changes: with the seed, what a run needs to go on."""

    step: Int[Array, ""]
    variables: Variables
    optimizer: Any


class Slope(NamedTuple):
    """What a step finds before it moves: the gradient, the model's next state, and the step's figures."""

    gradient: Any
    carried: Any
    figures: Figures


def initial_state(recipe: Recipe, key: PRNGKeyArray, inputs: Spec) -> TrainState:
    """Fresh variables for a batch of inputs of this shape, and the optimizer's state, at step 0."""
    # One compiled program, instead of one for every array that is drawn.
    variables = jax.jit(lambda key: recipe.model.init(key, inputs))(key)
    return TrainState(jnp.int32(0), variables, recipe.optimizer.init(variables.params))


def train_step(state: TrainState, batch: Batch, recipe: Recipe, key: PRNGKeyArray) -> tuple[TrainState, Figures]:
    """The state after one step on `batch`, and the step's figures. Dropout's randomness is of (key, step, node)."""
    slope = find_slope(state, batch, recipe, key)
    return descend(state, slope, recipe), slope.figures


def find_slope(state: TrainState, batch: Batch, recipe: Recipe, key: PRNGKeyArray) -> Slope:
    """The first half of a step, which changes nothing yet."""
    context = Context(key, train=True).fold(state.step)
    params = state.variables.params
    gradient, (carried, figures) = jax.grad(objective, has_aux=True)(params, state.variables, batch, recipe, context)
    rate = jnp.asarray(recipe.learning_rate(state.step), jnp.float32)
    figures = {**figures, "learning_rate": rate, "gradient_norm": optax.tree.norm(gradient)}
    return Slope(gradient, carried, figures)


def descend(state: TrainState, slope: Slope, recipe: Recipe) -> TrainState:
    """The second half of a step: the state that follows."""
    params = state.variables.params
    updates, optimizer = recipe.optimizer.update(slope.gradient, state.optimizer, params)
    params = update_params(params, updates, recipe.penalties, slope.figures["learning_rate"])
    return TrainState(state.step + 1, state.variables._replace(params=params, state=slope.carried), optimizer)
