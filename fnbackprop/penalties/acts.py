"""Whether a penalty does anything."""

import jax
from jax import Array
from jaxtyping import Float


def acts(strength: float | Float[Array, ""]) -> bool:
    """Whether a penalty of this strength may be other than 0: a traced one cannot be looked at."""
    return isinstance(strength, jax.core.Tracer) or bool(strength)
