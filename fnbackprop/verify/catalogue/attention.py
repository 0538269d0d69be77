"""What language models are made of."""

import jax.numpy as jnp

from ...modules import attention, embedding, positions, rotary
from .example import Example, normal


def examples() -> list[Example]:
    q, k, v = normal(2, 5, 4, 2), normal(2, 5, 2, 2, seed=1), normal(2, 5, 2, 3, seed=2)
    mask = jnp.ones((5, 5), bool).at[1].set(False).at[3, :2].set(False)
    tokens, table = jnp.array([[3, 0, 3], [1, 1, 2]]), normal(4, 3, seed=3)
    ways = {"causal": (False, True), "block": (512, 2)}
    return [
        Example(attention.attention, attention.attention_reference, (q, k, v, mask), ways),
        Example(embedding.embedding, embedding.embedding_reference, (tokens, table)),
        Example(positions.positions, positions.positions_reference, (normal(2, 3, 4), normal(5, 4, seed=1))),
        Example(rotary.rotary, rotary.rotary_reference, (normal(2, 5, 2, 4), 100.0)),
    ]
