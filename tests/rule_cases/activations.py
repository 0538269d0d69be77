"""Functions of one number."""

from collections.abc import Callable

import numpy as np

from fnbackprop.modules.log_sigmoid import log_sigmoid, log_sigmoid_reference
from fnbackprop.modules.relu import relu, relu_reference
from fnbackprop.modules.sigmoid import sigmoid, sigmoid_reference
from fnbackprop.modules.softplus import softplus, softplus_reference
from fnbackprop.modules.tanh import tanh, tanh_reference

from .case import Case, h


def elementwise(rule: Callable, reference: Callable, forward: Callable, slope: Callable) -> Case:
    return Case(
        rule.__name__,
        rule,
        reference,
        lambda rng, shape: (2 * rng.normal(size=shape),),
        forward,
        lambda dy, x: (dy * slope(x),),
    )


CASES = (
    elementwise(relu, relu_reference, lambda x: x * (x > 0), lambda x: x > 0),
    elementwise(sigmoid, sigmoid_reference, h, lambda x: h(x) * h(-x)),
    elementwise(log_sigmoid, log_sigmoid_reference, lambda x: np.log(h(x)), lambda x: h(-x)),
    elementwise(softplus, softplus_reference, lambda x: np.log(1 + np.exp(x)), h),
    elementwise(tanh, tanh_reference, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
)
