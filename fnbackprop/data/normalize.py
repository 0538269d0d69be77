"""Zero mean and unit variance for inputs (lecture, Normalise the inputs)."""

import math
from typing import Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Float32, Real, Shaped

from .rows import Rows, blocks


class Normalization(NamedTuple):
    """What is subtracted, and what is divided by; of the shape of one example, or one number per channel."""

    mean: Float32[Array | np.ndarray, "*feature"]
    divisor: Float32[Array | np.ndarray, "*feature"]


def fit_normalization(
    inputs: Shaped[np.ndarray, "examples *feature"] | Rows,
    per: Literal["feature", "channel"],
    epsilon: float = 1e-7,
    constant: Literal["unit", "epsilon"] = "unit",
) -> tuple[Normalization, tuple[tuple[int, ...], ...]]:
    """Mean m and standard deviation σ over the examples, and over pixels too for a channel (the last axis).

    divisor = max(σ, ε), the lecture's formula, for constant = "epsilon". For "unit" it is 1 where σ < ε: a feature that
    was constant in training would turn a deviation of 1 at test time into 1/ε. Also returns the indices of such
    features. Statistics are float64, over n (not n − 1). Fit on training examples only.
    """
    mean, deviation = _statistics(inputs, inputs.shape[1:] if per == "feature" else inputs.shape[-1:])
    small = deviation < epsilon
    divisor = np.where(small, 1.0 if constant == "unit" else epsilon, deviation)
    constants = tuple(tuple(int(i) for i in index) for index in np.argwhere(small))
    return Normalization(mean.astype(np.float32), divisor.astype(np.float32)), constants


def normalize(x: Shaped[Array | np.ndarray, "*shape"], normalization: Normalization | None) -> Real[Array, "*shape"]:
    """Inputs as the model sees them: float32, but for tokens, which are left as they are.

    Forward: y = (x − mean) / divisor; without a normalization y = x, and uint8 stays 0 … 255
    """
    if x.dtype == jnp.int32:
        return jnp.asarray(x)
    x = jnp.asarray(x, jnp.float32)
    return x if normalization is None else (x - normalization.mean) / normalization.divisor


def _statistics(
    inputs: Shaped[np.ndarray, "examples *feature"] | Rows, shape: tuple[int, ...]
) -> tuple[Float[np.ndarray, "*statistic"], ...]:
    # Two passes in blocks: exact like np.var, without a float64 copy of everything.
    count = math.prod(inputs.shape) // math.prod(shape)
    rows = (block.reshape(-1, *shape) for block in blocks(inputs))
    mean = np.sum([block.sum(0, dtype=np.float64) for block in rows], axis=0) / count
    rows = (block.reshape(-1, *shape) for block in blocks(inputs))
    variance = np.sum([np.square(block - mean).sum(0) for block in rows], axis=0) / count
    return mean, np.sqrt(variance)
