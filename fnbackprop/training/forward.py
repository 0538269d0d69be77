"""The model, run on raw inputs in the precision that the recipe asks for."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import DTypeLike, Float, Num

from ..core.module import Context, Variables
from ..data.normalize import normalize
from .recipe import Recipe


def forward(
    variables: Variables, inputs: Num[Array, "batch ..."], recipe: Recipe, context: Context = Context()
) -> tuple[Float[Array, "batch ..."], Any]:
    """The model's outputs for raw inputs, and its next state.

    Mixed precision is a cast of the parameters and of the inputs: what is stored, and so every gradient, update and
    running statistic, stays float32. Rules sum and normalise in float32, and costs are computed in it.
    """
    variables, x = as_computed(variables, inputs, recipe)
    (outputs,), state = recipe.model.apply(variables, x, context=context)
    return outputs, state


def as_computed(variables: Variables, inputs: Num[Array, "batch ..."], recipe: Recipe) -> tuple[Variables, Array]:
    """The variables and the input that the model is given: normalised, and in the recipe's precision."""
    x = normalize(inputs, recipe.normalization)
    if recipe.precision == "float32":  # which they are
        return variables, x
    params, x = _cast((variables.params, x), recipe.precision)
    return variables._replace(params=params), x


def _cast(tree: Any, dtype: DTypeLike) -> Any:
    return jax.tree.map(lambda x: x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x, tree)
