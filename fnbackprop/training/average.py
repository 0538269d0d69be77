"""A moving average of the parameters, which often predicts better than any of them."""

from typing import Any

import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Int


def update_average(average: Any, params: Any, decay: float | Array, step: Int[Array, ""]) -> Any:
    """The average after step number `step`, counted from 0.

    Forward: a ← a + (1 − β) / (1 − βᵗ) (w − a), t = step + 1

    That is Σ βᵗ⁻ˢ wₛ / Σ βᵗ⁻ˢ over the steps s = 1 … t: the parameters from before the first step have no share in it
    (Kingma & Ba 2014, section 7.2).
    """
    t = (step + 1).astype(jnp.float32)
    return optax.incremental_update(params, average, (1 - decay) / (1 - jnp.asarray(decay, jnp.float32) ** t))
