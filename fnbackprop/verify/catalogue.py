"""Our own rules with arguments to verify them at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .. import costs, penalties
from ..modules import (
    add,
    dropout,
    duplicate,
    flatten,
    linear,
    log_sigmoid,
    log_softmax,
    maximum,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)


class Example(NamedTuple):
    """A rule, its reference, and how it is called."""

    rule: Callable
    reference: Callable
    args: tuple[Any, ...]
    options: Mapping[str, Sequence[Any]] = {}


def own_rules() -> dict[str, Example]:
    """Every rule of the package by name; its reference says which derivative is promised at kinks."""
    keys = jax.random.split(jax.random.key(0), 5)
    x, other, weight, row, bias = (
        jax.random.normal(key, shape) for key, shape in zip(keys, ((4, 3), (4, 3), (5, 3), (3,), (5,)), strict=True)
    )
    classes, examples = jnp.array([0, 2, 1, 2]), jnp.array([1.0, 0.5, 2, 1])
    reductions = {"reduction": ("mean", "sum", "none")}
    axes = {"axis": (0, 1, -1, -2)}
    found = [
        Example(add.add, add.add_reference, (x, row)),
        Example(dropout.dropout, dropout.dropout_reference, (x, keys[0], 0.25), {"exact": (False, True)}),
        Example(duplicate.duplicate, duplicate.duplicate_reference, (x, 3), {"copies": (1, 2, 3)}),
        Example(flatten.flatten, flatten.flatten_reference, (jnp.reshape(x, (2, 2, 3)),)),
        Example(linear.linear, linear.linear_reference, (x, weight, bias)),
        Example(log_sigmoid.log_sigmoid, log_sigmoid.log_sigmoid_reference, (x,)),
        Example(log_softmax.log_softmax, log_softmax.log_softmax_reference, (x,), axes),
        Example(maximum.maximum, maximum.maximum_reference, (x, other)),
        Example(relu.relu, relu.relu_reference, (x,)),
        Example(sigmoid.sigmoid, sigmoid.sigmoid_reference, (x,)),
        Example(softmax.softmax, softmax.softmax_reference, (x,), axes),
        Example(softplus.softplus, softplus.softplus_reference, (x,)),
        Example(tanh.tanh, tanh.tanh_reference, (x,)),
        Example(
            costs.binary_cross_entropy,
            costs.binary_cross_entropy_reference,
            (row, jnp.array([0.0, 0.3, 1.0]), jnp.array([1.0, 0.5, 2.0])),
            reductions,
        ),
        Example(costs.cross_entropy, costs.cross_entropy_reference, (x, classes, examples, 0.1), reductions),
        Example(
            costs.negative_log_likelihood,
            costs.negative_log_likelihood_reference,
            (jax.nn.log_softmax(x), classes, examples),
            reductions,
        ),
        Example(costs.squared_error, costs.squared_error_reference, (x, other, examples), reductions),
        Example(penalties.l1, penalties.l1_reference, (weight, 0.3)),
        Example(penalties.l2, penalties.l2_reference, (weight, 0.3)),
    ]
    return {example.rule.__name__: example for example in found}
