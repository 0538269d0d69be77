"""Random initial weights whose variance keeps the signal's (lecture, Weight initialisation)."""

from typing import Literal

import jax
from jax import Array
from jaxtyping import DTypeLike, Float, PRNGKeyArray

Initializer = Literal[
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "glorot_normal",
    "glorot_uniform",
    "normal",
    "zeros",
]

# Variance of a weight, times the number of connections it is divided by.
_SCALES = {"kaiming": (2.0, "fan_in"), "lecun": (1.0, "fan_in"), "glorot": (1.0, "fan_avg")}


def initial_weight(
    initializer: Initializer, key: PRNGKeyArray, shape: tuple[int, ...], dtype: DTypeLike
) -> Float[Array, "..."]:
    """A weight of `shape` (out, …, in): fan-in is its last axis, fan-out its first.

    kaiming: variance 2/fan_in, for ReLU (He et al. 2015); lecun: 1/fan_in (LeCun et al. 1998); glorot: 2/(fan_in +
    fan_out) (Glorot & Bengio 2010); normal: a standard deviation of 0.02, whatever the shape (GPT-2). The lecture says
    that Kaiming's *variance* goes as 1/√n; it is the standard deviation that does, √(2/n). jax.nn.initializers assume
    (in, out) unless told otherwise, as they are here.
    """
    if initializer == "zeros":
        return jax.numpy.zeros(shape, dtype)
    if initializer == "normal":
        return 0.02 * jax.random.normal(key, shape, dtype)
    family, distribution = initializer.split("_")
    scale, mode = _SCALES[family]
    draw = jax.nn.initializers.variance_scaling(scale, mode, distribution, in_axis=-1, out_axis=0)  # type: ignore[arg-type]
    return draw(key, shape, dtype)
