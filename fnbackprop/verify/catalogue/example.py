"""A rule of ours, and the arguments it is verified at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jaxtyping import Float


class Example(NamedTuple):
    """A rule, its reference, and how it is called."""

    rule: Callable
    reference: Callable
    args: tuple[Any, ...]
    options: Mapping[str, Sequence[Any]] = {}


def normal(*shape: int, seed: int = 0) -> Float[Array, "..."]:
    """Standard normal numbers; arguments of one example have seeds of their own."""
    return jax.numpy.asarray(np.random.default_rng(seed).normal(size=shape), "float32")
