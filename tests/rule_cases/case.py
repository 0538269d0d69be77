"""One way to call a rule, and what the formulas of several rules share."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

BATCHES = ((4,), (), (2, 1, 3), (0,))
SHAPES = ((4, 3), (), (2, 1, 3, 2), (0, 3), (1,))


class Case(NamedTuple):
    """One way to call a rule. Floating arrays are differentiated; floats are options, and None is left out."""

    name: str
    rule: Callable
    reference: Callable
    make: Callable[[np.random.Generator, tuple[int, ...]], tuple]  # arguments for a shape, or batch shape
    forward: Callable[..., Any]
    backward: Callable[..., tuple]  # from dy and the arguments: a cotangent for each floating array
    shapes: tuple[tuple[int, ...], ...] = SHAPES
    keeps_output: bool = False  # beside its arguments, since it cannot be made again cheaply


def h(x):
    return 1 / (1 + np.exp(-x))


def soft(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def logs(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def unbroadcast(dy, like):
    dy = dy.sum(axis=tuple(range(dy.ndim - like.ndim)))
    return dy.sum(axis=tuple(i for i, n in enumerate(like.shape) if n == 1), keepdims=True).reshape(like.shape)
