"""Costs and penalties."""

import jax
import jax.numpy as jnp

from ... import costs, penalties
from .example import Example, normal


def examples() -> list[Example]:
    x, other, row, weight = normal(4, 3), normal(4, 3, seed=1), normal(3, seed=2), normal(5, 3, seed=3)
    classes, weights = jnp.array([0, 2, 1, 2]), jnp.array([1.0, 0.5, 2, 1])
    reductions = {"reduction": ("mean", "sum", "none")}
    return [
        Example(
            costs.binary_cross_entropy,
            costs.binary_cross_entropy_reference,
            (row, jnp.array([0.0, 0.3, 1.0]), jnp.array([1.0, 0.5, 2.0])),
            reductions,
        ),
        Example(costs.cross_entropy, costs.cross_entropy_reference, (x, classes, weights, 0.1), reductions),
        Example(
            costs.linear_cross_entropy,
            costs.linear_cross_entropy_reference,
            (x, weight, normal(5, seed=4), classes, weights, 0.1),
            {"reduction": ("mean", "sum")},
        ),
        Example(
            costs.negative_log_likelihood,
            costs.negative_log_likelihood_reference,
            (jax.nn.log_softmax(x), classes, weights),
            reductions,
        ),
        Example(costs.squared_error, costs.squared_error_reference, (x, other, weights), reductions),
        Example(penalties.l1, penalties.l1_reference, (weight, 0.3)),
        Example(penalties.l2, penalties.l2_reference, (weight, 0.3)),
    ]
