"""Steps whose numbers are not finite, left out or reduced instead of ending the run."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Bool

from .objective import Figures
from .step import TrainState


def finite_part() -> optax.GradientTransformation:
    """Gradients with 0 in place of what is not finite, ahead of an optimizer."""
    return optax.stateless(lambda gradient, _: jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0), gradient))


def leave_out(before: TrainState, after: TrainState, figures: Figures, reduced: bool) -> tuple[TrainState, Figures]:
    """The state `after` a step, or the one `before` it where the step came to no number; only the step counts on.

    One figure more, spoiled: 1 where the loss, the gradient or the new variables were not finite. `reduced`: the step
    was taken with the finite part of its gradient, so that only its new variables decide.
    """
    sound = jnp.isfinite(figures["loss"]) & jnp.isfinite(figures["gradient_norm"])
    moved = _all_finite(after.variables)
    taken = moved if reduced else sound & moved
    state = jax.tree.map(lambda old, new: jnp.where(taken, new, old), before, after)._replace(step=after.step)
    return state, {**figures, "spoiled": 1 - (sound & moved).astype(jnp.float32)}


def _all_finite(tree: Any) -> Bool[Array, ""]:
    numbers = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return jnp.all(jnp.array([jnp.isfinite(leaf).all() for leaf in numbers], bool))
