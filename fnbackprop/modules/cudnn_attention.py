"""Attention by NVIDIA's cuDNN, whose kernels compute what `attention` does."""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

# What its kernels for training take: numbers of two bytes, and heads of up to this size in steps of 8.
_DTYPES = (jnp.bfloat16, jnp.float16)
_LARGEST = 128


def cudnn_serves(q: Array, k: Array, v: Array) -> bool:
    """Whether there is an NVIDIA GPU, and these are arrays that cuDNN takes."""
    same = q.dtype == k.dtype == v.dtype and q.dtype in _DTYPES and k.shape == v.shape
    return same and q.shape[-1] <= _LARGEST and q.shape[-1] % 8 == 0 and _on_cuda()


def cudnn_attention(
    q: Float[Array, "*batch queries heads size"],
    k: Float[Array, "*batch keys kv size"],
    v: Float[Array, "*batch keys kv size"],
    causal: bool,
) -> Float[Array, "*batch queries heads size"]:
    """The same as `attention` without a mask, its derivative included, by `jax.nn.dot_product_attention`."""
    one, keys, values = (x.reshape(-1, *x.shape[-3:]) for x in (q, k, v))
    return jax.nn.dot_product_attention(one, keys, values, is_causal=causal, implementation="cudnn").reshape(q.shape)


def _on_cuda() -> bool:
    return jax.default_backend() == "gpu" and "cuda" in jax.devices()[0].client.platform_version
