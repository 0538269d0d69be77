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


def at_size(function: Callable[[Array], T], inputs: Num[Array, "batch length ..."], sizes: Sizes, bucket: Array) -> T:
    """`function` of inputs cut to the size of their bucket.

    The bucket is known at run time, so that the function is traced for each of the sizes, in one program.
    """
    return jax.lax.switch(bucket, [lambda x, size=size: function(x[:, :size]) for size in sizes], inputs)


def steps_of_buckets(counts: Sequence[int], batch_size: int, last_batch: str) -> list[int]:
    """Minibatches of each bucket in an epoch; a ragged last one counts where it is kept."""
    return [count // batch_size if last_batch == "drop" else -(-count // batch_size) for count in counts]


def deal(
    key: PRNGKeyArray | None,
    order: Int32[Array, " count"],
    buckets: Int[np.ndarray, " count"],
    batch_size: int,
    last_batch: str,
) -> tuple[Int32[Array, " dealt"], Float32[Array, " dealt"]]:
    """The examples of an epoch's `order`, minibatch by minibatch, each from one bucket, and their weights.

    Minibatches come in random order, or smallest bucket first where `key` is None. One that is ragged is filled up with
    examples of its bucket, whose weight is 0, or is left out.
    """
    counts: list[int] = np.bincount(buckets).tolist()
    places, ends = [], accumulate(counts)
    for count, end, steps in zip(counts, ends, steps_of_buckets(counts, batch_size, last_batch), strict=True):
        seats = np.arange(steps * batch_size)
        places.append((end - count + seats % max(count, 1), seats < count))
    place, counted = (np.concatenate(each) for each in zip(*places, strict=True))
    deck = order[jnp.argsort(jnp.asarray(buckets)[order], stable=True)]
    batches = deck[place].reshape(-1, batch_size), jnp.float32(counted).reshape(-1, batch_size)
    if key is not None:
        turns = jax.random.permutation(key, len(batches[0]))
        batches = batches[0][turns], batches[1][turns]
    return batches[0].reshape(-1), batches[1].reshape(-1)


def dealt_batch(
    dealt: tuple[Int32[Array, " dealt"], Float32[Array, " dealt"]], step: int | Int[Array, ""], batch_size: int
) -> tuple[Int32[Array, " batch"], Float32[Array, " batch"]]:
    """The examples of minibatch number `step` of those that `deal` made, and their weights."""
    indices, weights = (jax.lax.dynamic_slice_in_dim(each, step * batch_size, batch_size) for each in dealt)
    return indices, weights
