"""A GPT in JAX alone."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .problem import Problem


def gpt(problem: Problem) -> tuple[Any, Callable[[Any, Any], Any]]:
    """Its first parameters, and its logits as a function of parameters and tokens."""
    tokens, positions, *_, scale = problem.weights

    def logits(params: Any, x: Any) -> Any:
        tokens, positions, blocks, scale = params
        y = tokens[x] + positions
        for block in blocks:
            y = _block(y, block, problem.heads)
        return _norm(y, scale) @ tokens.T

    return (tokens, positions, problem.blocks, scale), logits


def _block(x: Any, weights: Any, heads: int) -> Any:
    scale_1, project, back, scale_2, up, down = weights
    parts = jnp.split(_norm(x, scale_1) @ project.T, 3, axis=-1)
    q, k, v = (part.reshape(*part.shape[:-1], heads, -1) for part in parts)
    x = x + jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(x.shape) @ back.T
    return x + jax.nn.gelu(_norm(x, scale_2) @ up.T, approximate=False) @ down.T


def _norm(x: Any, scale: Any) -> Any:
    centered = x - x.mean(-1, keepdims=True)
    return centered * jax.lax.rsqrt((centered**2).mean(-1, keepdims=True) + 1e-5) * scale
