"""Linear, dropout and the softmaxes."""

import jax

from ...modules import dropout, linear, log_softmax, softmax
from .example import Example, normal


def examples() -> list[Example]:
    x, weight, bias = normal(4, 3), normal(5, 3, seed=1), normal(5, seed=2)
    axes = {"axis": (0, 1, -1, -2)}
    return [
        Example(dropout.dropout, dropout.dropout_reference, (x, jax.random.key(0), 0.25), {"exact": (False, True)}),
        Example(linear.linear, linear.linear_reference, (x, weight, bias)),
        Example(log_softmax.log_softmax, log_softmax.log_softmax_reference, (x,), axes),
        Example(softmax.softmax, softmax.softmax_reference, (x,), axes),
    ]
