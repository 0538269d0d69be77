"""Half precision stores; float32 computes."""

import jax.numpy as jnp
from jax import Array
from jax.sharding import NamedSharding
from jaxtyping import DTypeLike, Float


def accumulation_dtype(dtype: DTypeLike) -> jnp.dtype:
    """The type in which numbers of `dtype` are summed: float32 for half precision, else `dtype` itself."""
    return jnp.dtype(jnp.float32) if jnp.finfo(dtype).bits < 32 else jnp.dtype(dtype)


def widen(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`x` in its accumulation type; free for float32 and float64, fused into its reader otherwise."""
    x = jnp.asarray(x)  # a rule may be called with a plain number
    return x.astype(accumulation_dtype(x.dtype))


def matmul(
    a: Float[Array, "*batch k"], b: Float[Array, "k n"], sharding: NamedSharding | None = None
) -> Float[Array, "*batch n"]:
    """Their product in its accumulation type.

    `sharding` is how it lies over an explicit mesh; needed where a split axis is summed over.
    """
    return jnp.matmul(a, b, preferred_element_type=accumulation_dtype(jnp.result_type(a, b)), out_sharding=sharding)
