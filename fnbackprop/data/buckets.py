"""Examples of different lengths, padded with zeros: cut to a few sizes, and dealt out by size.

The length of an example runs along axis 1 of the inputs, up to the last place that is not all zeros. Its bucket is the
smallest of the `sizes` that holds it.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float32, Int, Int32, Num, PRNGKeyArray

T = TypeVar("T")
Sizes = Sequence[int]


def buckets_of(inputs: Num[Array | np.ndarray, "examples length ..."], sizes: Sizes) -> Int32[Array, " examples"]:
    """The bucket of each example, counted from 0."""
    used = jnp.any(jnp.asarray(inputs) != 0, axis=tuple(range(2, inputs.ndim)))
    lengths = jnp.max(jnp.where(used, jnp.arange(1, used.shape[1] + 1), 0), axis=1)
    return jnp.searchsorted(jnp.asarray(sizes), lengths).astype(jnp.int32)


def at_size(function: Callable[[Array], T], inputs: Num[Array, "batch length ..."], sizes: Sizes) -> T:
    """`function` of inputs cut to the size that holds all of them; of the inputs as they are where `sizes` is empty.

    The size is found at run time, so that the function is traced for each of them, in one program.
    """
    if not sizes:
        return function(inputs)
    cuts = [lambda x, size=size: function(x[:, :size]) for size in sizes]
    return jax.lax.switch(jnp.max(buckets_of(inputs, sizes)), cuts, inputs)


def steps_of_buckets(counts: Sequence[int], batch_size: int, last_batch: str) -> list[int]:
    """Minibatches of each bucket in an epoch; a ragged last one counts where it is kept."""
    return [count // batch_size if last_batch == "drop" else -(-count // batch_size) for count in counts]


def deal(
    key: PRNGKeyArray | None,
    order: Int32[Array, " count"],
    buckets: Int[np.ndarray, " count"],
    batch_size: int,
    last_batch: str,
) -> Int32[Array, " dealt"]:
    """The examples of an epoch's `order`, minibatch by minibatch, each from one bucket.

    Minibatches come in random order, or smallest bucket first where `key` is None. One that is ragged is filled up with
    examples of its bucket, as their complement ~i, or is left out: see `dealt_batch`.
    """
    counts: list[int] = np.bincount(buckets).tolist()
    places, ends = [], accumulate(counts)
    for count, end, steps in zip(counts, ends, steps_of_buckets(counts, batch_size, last_batch), strict=True):
        seats = np.arange(steps * batch_size)
        places.append((end - count + seats % max(count, 1), seats >= count))
    place, fills = (np.concatenate(each) for each in zip(*places, strict=True))
    deck = order[jnp.argsort(jnp.asarray(buckets)[order], stable=True)]
    batches = jnp.where(fills, ~deck[place], deck[place]).reshape(-1, batch_size)
    return (batches if key is None else jax.random.permutation(key, batches)).reshape(-1)


def dealt_batch(
    dealt: Int32[Array, " dealt"], step: int | Int[Array, ""], batch_size: int
) -> tuple[Int32[Array, " batch"], Float32[Array, " batch"]]:
    """The examples of minibatch number `step` of those that `deal` made, and their weights: 0 for a fill."""
    batch = jax.lax.dynamic_slice_in_dim(dealt, step * batch_size, batch_size)
    return jnp.where(batch < 0, ~batch, batch), (batch >= 0).astype(jnp.float32)
