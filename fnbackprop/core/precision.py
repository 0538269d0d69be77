"""Half precision stores; float32 computes."""

import jax.numpy as jnp
from jax import Array
from jaxtyping import DTypeLike, Float


def accumulation_dtype(dtype: DTypeLike) -> jnp.dtype:
    """The type in which numbers of `dtype` are summed: float32 for half precision, else `dtype` itself."""
    return jnp.dtype(jnp.float32) if jnp.finfo(dtype).bits < 32 else jnp.dtype(dtype)


def widen(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`x` in its accumulation type; free for float32 and float64, fused into its reader otherwise."""
    x = jnp.asarray(x)  # a rule may be called with a plain number
    return x.astype(accumulation_dtype(x.dtype))
