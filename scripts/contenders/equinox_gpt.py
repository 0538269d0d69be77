"""A GPT in Equinox, a function of one example."""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .problem import Problem


class _Block(eqx.Module):
    norm_1: eqx.nn.LayerNorm
    project: eqx.nn.Linear
    back: eqx.nn.Linear
    norm_2: eqx.nn.LayerNorm
    up: eqx.nn.Linear
    down: eqx.nn.Linear
    heads: int

    def __init__(self, features: int, hidden: int, heads: int):
        norm = partial(eqx.nn.LayerNorm, features, eps=1e-5, use_bias=False)
        linear = partial(eqx.nn.Linear, use_bias=False, key=jax.random.key(0))
        self.norm_1, self.norm_2, self.heads = norm(), norm(), heads
        self.project, self.back = linear(features, 3 * features), linear(features, features)
        self.up, self.down = linear(features, hidden), linear(hidden, features)

    def __call__(self, x: Any) -> Any:
        parts = jnp.split(jax.vmap(lambda t: self.project(self.norm_1(t)))(x), 3, axis=-1)
        q, k, v = (part.reshape(len(x), self.heads, -1) for part in parts)
        y = jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(x.shape)
        x = x + jax.vmap(self.back)(y)
        return x + jax.vmap(lambda t: self.down(jax.nn.gelu(self.up(self.norm_2(t)), approximate=False)))(x)


class _GPT(eqx.Module):
    tokens: eqx.nn.Embedding
    positions: jax.Array
    blocks: list[_Block]
    norm: eqx.nn.LayerNorm

    def __call__(self, x: Any) -> Any:
        y = jax.vmap(self.tokens)(x) + self.positions
        for block in self.blocks:
            y = block(y)
        return jax.vmap(self.norm)(y) @ self.tokens.weight.T


def gpt(problem: Problem) -> _GPT:
    """At the problem's first weights."""
    features, hidden = problem.weights[0].shape[1], len(problem.blocks[0][4])
    blocks = [_Block(features, hidden, problem.heads) for _ in problem.blocks]
    tokens, positions, *_, scale = map(jnp.array, problem.weights)
    norm = eqx.nn.LayerNorm(features, eps=1e-5, use_bias=False)
    model = _GPT(eqx.nn.Embedding(weight=tokens), positions, blocks, eqx.tree_at(lambda norm: norm.weight, norm, scale))

    def weights(model: _GPT) -> list:
        parts = [(b.norm_1, b.project, b.back, b.norm_2, b.up, b.down) for b in model.blocks]
        return [part.weight for block in parts for part in block]

    return eqx.tree_at(weights, model, [jnp.array(w) for block in problem.blocks for w in block])
