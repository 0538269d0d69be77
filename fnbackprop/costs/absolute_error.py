"""How far off the outputs are, in the targets' own unit."""

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..core.precision import accumulation_dtype, widen
from .targets import check_value_targets


def absolute_error(
    outputs: Float[Array, "*batch outputs"], targets: Float[Array, "*batch outputs"]
) -> Float[Array, "*batch"]:
    """Mean of |output − target| over an example's outputs, in the targets' unit."""
    check_value_targets("absolute_error", outputs, targets)
    return jnp.mean(jnp.abs(widen(outputs) - targets.astype(accumulation_dtype(outputs.dtype))), axis=-1)
