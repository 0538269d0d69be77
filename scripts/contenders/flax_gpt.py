"""A GPT in Flax NNX."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from .problem import Problem


class _Block(nnx.Module):
    def __init__(self, features: int, hidden: int, heads: int):
        self.heads = heads
        norm = partial(nnx.LayerNorm, features, epsilon=1e-5, use_bias=False, rngs=nnx.Rngs(0))
        linear = partial(nnx.Linear, use_bias=False, rngs=nnx.Rngs(0))
        self.norm_1, self.norm_2 = norm(), norm()
        self.project, self.back = linear(features, 3 * features), linear(features, features)
        self.up, self.down = linear(features, hidden), linear(hidden, features)

    def __call__(self, x: Any) -> Any:
        parts = jnp.split(self.project(self.norm_1(x)), 3, axis=-1)
        q, k, v = (part.reshape(*part.shape[:-1], self.heads, -1) for part in parts)
        x = x + self.back(jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(x.shape))
        return x + self.down(nnx.gelu(self.up(self.norm_2(x)), approximate=False))


class _GPT(nnx.Module):
    def __init__(self, problem: Problem):
        context, features = problem.weights[1].shape
        hidden = len(problem.blocks[0][4])
        self.tokens = nnx.Embed(len(problem.weights[0]), features, rngs=nnx.Rngs(0))
        self.positions = nnx.Param(jnp.zeros((context, features)))
        self.blocks = nnx.List([_Block(features, hidden, problem.heads) for _ in problem.blocks])
        self.norm = nnx.LayerNorm(features, epsilon=1e-5, use_bias=False, rngs=nnx.Rngs(0))

    def __call__(self, x: Any) -> Any:
        y = self.tokens(x) + self.positions[...]
        for block in self.blocks:
            y = block(y)
        return self.tokens.attend(self.norm(y))


def gpt(problem: Problem) -> nnx.Module:
    """At the problem's first weights."""
    model = _GPT(problem)
    tokens, positions, *_, scale = problem.weights
    own: list = [model.tokens.embedding, model.positions, model.norm.scale]
    weights = [tokens, positions, scale]
    for block, (scale_1, project, back, scale_2, up, down) in zip(model.blocks, problem.blocks, strict=True):
        own += [block.norm_1.scale, block.project.kernel, block.back.kernel]
        own += [block.norm_2.scale, block.up.kernel, block.down.kernel]
        weights += [scale_1, project.T, back.T, scale_2, up.T, down.T]
    for param, weight in zip(own, weights, strict=True):
        param[...] = jnp.asarray(weight)
    return model
