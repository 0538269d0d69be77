"""Functions of one number."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from fnbackprop.modules.elu import elu, elu_reference
from fnbackprop.modules.gelu import gelu, gelu_reference
from fnbackprop.modules.leaky_relu import leaky_relu, leaky_relu_reference
from fnbackprop.modules.log_sigmoid import log_sigmoid, log_sigmoid_reference
from fnbackprop.modules.relu import relu, relu_reference
from fnbackprop.modules.scaled_tanh import scaled_tanh, scaled_tanh_reference
from fnbackprop.modules.sigmoid import sigmoid, sigmoid_reference
from fnbackprop.modules.silu import silu, silu_reference
from fnbackprop.modules.softplus import softplus, softplus_reference
from fnbackprop.modules.tanh import tanh, tanh_reference

from .case import Case, h


def elementwise(rule: Callable, reference: Callable, forward: Callable, slope: Callable, name: str = "") -> Case:
    return Case(
        name or rule.__name__,
        rule,
        reference,
        lambda rng, shape: (2 * rng.normal(size=shape),),
        forward,
        lambda dy, x: (dy * slope(x),),
    )


def with_option(rule: Callable, reference: Callable, option: float, forward: Callable, slope: Callable) -> Case:
    return Case(
        rule.__name__,
        rule,
        reference,
        lambda rng, shape: (2 * rng.normal(size=shape), option),
        forward,
        lambda dy, x, option: (dy * slope(x, option),),
    )


Phi = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2, otypes=[float])


def phi(x):
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def u(x):
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def tanh_gelu_slope(x):
    # By the product rule, as Hendrycks & Gimpel's formula stands.
    du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    return (1 + np.tanh(u(x))) / 2 + x / 2 * (1 - np.tanh(u(x)) ** 2) * du


CASES = (
    elementwise(relu, relu_reference, lambda x: x * (x > 0), lambda x: x > 0),
    elementwise(sigmoid, sigmoid_reference, h, lambda x: h(x) * h(-x)),
    elementwise(log_sigmoid, log_sigmoid_reference, lambda x: np.log(h(x)), lambda x: h(-x)),
    elementwise(softplus, softplus_reference, lambda x: np.log(1 + np.exp(x)), h),
    elementwise(gelu, gelu_reference, lambda x: x * Phi(x), lambda x: Phi(x) + x * phi(x)),
    elementwise(
        partial(gelu, form="tanh"),
        partial(gelu_reference, form="tanh"),
        lambda x: x / 2 * (1 + np.tanh(u(x))),
        tanh_gelu_slope,
        "gelu, tanh",
    ),
    elementwise(silu, silu_reference, lambda x: x * h(x), lambda x: h(x) + x * h(x) * h(-x)),
    elementwise(
        scaled_tanh,
        scaled_tanh_reference,
        lambda x: 1.7159 * np.tanh(2 * x / 3),
        lambda x: 1.7159 * 2 / 3 * (1 - np.tanh(2 * x / 3) ** 2),
    ),
    with_option(
        leaky_relu, leaky_relu_reference, 0.2, lambda x, s: np.where(x < 0, s * x, x), lambda x, s: s ** (x < 0)
    ),
    with_option(
        elu,
        elu_reference,
        0.7,
        lambda x, alpha: np.where(x < 0, alpha * (np.exp(x) - 1), x),
        lambda x, alpha: np.where(x < 0, alpha * np.exp(x), 1),
    ),
    elementwise(tanh, tanh_reference, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
)
