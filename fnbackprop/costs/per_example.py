"""A user's own cost, from a function that gives one number per example."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.errors import ShapeError
from ..core.precision import widen
from .reduction import Reduction, Weights, check_reduction, reduce_examples


def per_example(function: Callable[..., Float[Array, "*batch"]]) -> Callable[..., Float[Array, "..."]]:
    """A cost with the calling convention of the others, differentiated automatically.

    `function(outputs, targets, **options)` gives one number per example; the cost adds weights and a reduction:
    `cost(x, targets, weights=None, reduction="mean", **options)`, which is 0 where the weights sum to 0.
    """
    name = getattr(function, "__name__", type(function).__name__)

    def cost(
        x: Array, targets: Array, weights: Weights | None = None, reduction: Reduction = "mean", **options: Any
    ) -> Float[Array, "..."]:
        costs = jnp.asarray(function(x, targets, **options))
        if costs.shape != x.shape[: costs.ndim] or (x.ndim and not costs.ndim):
            raise ShapeError(
                f"{name} got outputs of shape {x.shape} and returned shape {costs.shape}; it must return one number "
                "per example, of a shape that the outputs' shape begins with: leave the mean over examples out"
            )
        check_reduction(name, weights, costs.shape, reduction)
        return reduce_examples(widen(costs), weights, reduction)

    cost.__name__ = cost.__qualname__ = name
    cost.__doc__ = function.__doc__
    return cost
