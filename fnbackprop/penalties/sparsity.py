"""The share of weights that a penalty has brought to 0 (lecture, L1)."""

from typing import Any

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from .weights import penalised_arrays


def sparsity(params: Any, biases: bool = False) -> Float[Array, ""]:
    """The share of exact zeros, from 0 to 1, among the penalised numbers of `params`; 0 where there are none."""
    arrays = penalised_arrays(params, biases)
    zeros = sum((jnp.sum(w == 0) for w in arrays), 0)
    return jnp.asarray(zeros, jnp.float32) / max(sum(w.size for w in arrays), 1)
