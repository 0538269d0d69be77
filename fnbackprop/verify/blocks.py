"""Functions of stacked arrays, a block of rows at a time."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# Rows that are computed by one call of a compiled program: fewer where they are long, and most of them padding.
_BLOCK, _SHORT = 32, 4
_LONG = 4096


def in_blocks(function: Callable, rows: Any) -> Any:
    """`function` of blocks of rows that all have one length, so that it is compiled once."""
    leaves = jax.tree.leaves(rows)
    count = len(leaves[0])
    size = _SHORT if sum(leaf[0].size for leaf in leaves) > _LONG else _BLOCK
    results = []
    for start in range(0, count, size):
        block = jax.tree.map(lambda a, start=start: _padded(a[start : start + size], size), rows)
        results.append(jax.tree.map(np.asarray, function(block)))
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:count], *results)


def in_turn(function: Callable, rows: Any) -> Any:
    """`function` of one row after the other, for what cannot be compiled."""
    count = len(jax.tree.leaves(rows)[0])
    results = [function(jax.tree.map(lambda a, i=i: jnp.asarray(a[i]), rows)) for i in range(count)]
    return jax.tree.map(lambda *parts: np.stack(parts), *results)


def _padded(rows: np.ndarray, size: int) -> np.ndarray:
    """These rows, the last one repeated up to a whole block."""
    return rows[np.minimum(np.arange(size), len(rows) - 1)]
