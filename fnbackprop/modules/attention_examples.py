"""Attention of a few examples at a time, so that their scores stay in a processor's cache until they are used up."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..core.precision import accumulation_dtype
from .attention_blocks import Meeting

# Bytes of scores: how many a loop makes at once, and up to how many it is not worth what it copies in and out.
_CACHE = 1 << 20
_WITHOUT_LOOP = 1 << 22


def over_examples(compute: Callable, meeting: Meeting, q: Array, *xs: Array) -> Any:
    """`compute(meeting, q, *xs)`, on a CPU in a loop over the examples; all arrays have their axes in front."""
    batch, heads = q.shape[:-3], q.shape[-2]
    size = heads * accumulation_dtype(q.dtype).itemsize
    together = max(1, _CACHE // max(1, size * meeting.rows * meeting.columns))
    # Of all blocks: where there are several, each is used up before the next.
    at_once = max(1, _WITHOUT_LOOP // max(1, size * meeting.queries * meeting.keys))
    # An exported program has batches of any size.
    known = all(isinstance(n, int) for n in batch)
    if jax.default_backend() != "cpu" or not known or math.prod(batch) <= at_once:
        return compute(meeting, q, *xs)
    mask = meeting.mask
    masks = () if mask is None or mask.ndim <= 4 else (jnp.broadcast_to(mask, (*batch, *mask.shape[-4:])),)

    def of_one(arrays: tuple[tuple[Array, ...], tuple[Array, ...]]) -> Any:
        xs, masks = arrays
        return compute(meeting._replace(mask=masks[0]) if masks else meeting, *xs)

    flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[len(batch) :]), ((q, *xs), masks))
    found = lax.map(of_one, flat, batch_size=together)
    return jax.tree.map(lambda x: x.reshape(*batch, *x.shape[1:]), found)
