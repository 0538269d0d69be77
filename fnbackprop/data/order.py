"""The order of an epoch's examples: a pure function, so that resuming needs no state (lecture, Shuffling)."""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float32, Int, Int32, PRNGKeyArray

Shuffle = Literal["every-epoch", "once", "never", "stratified"]


def epoch_order(
    key: PRNGKeyArray,
    epoch: int | Int[Array, ""],
    count: int,
    shuffle: Shuffle,
    labels: Int[Array | np.ndarray, " count"] | None = None,
    batch_size: int | None = None,
) -> Int32[Array, " count"]:
    """The examples' indices in the order of this epoch.

    every-epoch: a new permutation each time; once: the same one; never: 0, 1, 2 …; stratified: a new one each time in
    which every minibatch of `batch_size` holds of each of the `labels` its proportional number, give or take one.
    """
    examples = jnp.arange(count, dtype=jnp.int32)
    if shuffle == "never":
        return examples
    if shuffle == "once":
        return jax.random.permutation(key, examples)
    key = jax.random.fold_in(key, epoch)
    if shuffle == "every-epoch":
        return jax.random.permutation(key, examples)
    if labels is None or batch_size is None:
        raise ValueError('epoch_order: shuffle = "stratified" wants labels and batch_size')
    return _stratified(key, labels, batch_size)


def batch_indices(
    order: Int32[Array, " count"], step: int | Int[Array, ""], batch_size: int
) -> tuple[Int32[Array, " batch"], Float32[Array, " batch"] | None]:
    """The examples of an epoch's minibatch number `step`, and their weights.

    The last, ragged minibatch is filled up from the epoch's start with examples of weight 0, so that each example
    counts exactly once per epoch. Weights are None where the batch size divides the count and all would be 1.
    """
    count = len(order)
    return order[_positions(step, batch_size) % count], batch_weights(count, step, batch_size)


def batch_weights(count: int, step: int | Int[Array, ""], batch_size: int) -> Float32[Array, " batch"] | None:
    """1 for each example of minibatch number `step` of so many, 0 for what fills it up; None where all would be 1."""
    return None if count % batch_size == 0 else (_positions(step, batch_size) < count).astype(jnp.float32)


def class_coverage(labels: Int[np.ndarray, " count"], order: Int[np.ndarray, " visited"], batch_size: int) -> float:
    """The share of minibatches that hold every class."""
    classes, labels = np.unique(labels, return_inverse=True)
    present = np.zeros((-(-len(order) // batch_size), len(classes)), bool)
    present[np.arange(len(order)) // batch_size, labels[order]] = True
    return float(present.all(axis=1).mean())


def _positions(step: int | Int[Array, ""], batch_size: int) -> Int32[Array, " batch"]:
    return step * batch_size + jnp.arange(batch_size, dtype=jnp.int32)


def _stratified(
    key: PRNGKeyArray, labels: Int[Array | np.ndarray, " count"], batch_size: int
) -> Int32[Array, " count"]:
    """Sort the deck by class and deal it out, a card to each minibatch in turn."""
    count = len(labels)
    deck_key, batch_key, within_key = jax.random.split(key, 3)
    deck = jax.random.permutation(deck_key, jnp.arange(count, dtype=jnp.int32))
    deck = deck[jnp.argsort(jnp.asarray(labels)[deck], stable=True)]
    # A round deals ⌊count/batch_size⌋ or ⌈count/batch_size⌉ cards, so that the ragged minibatch gets fewer.
    cards = np.arange(count, dtype=np.int64)
    rounds = cards * batch_size // count
    seat = cards - -(-rounds * count // batch_size)
    dealt = deck[np.lexsort((rounds, seat))]
    # Otherwise a rare class would come at the same steps of every epoch.
    full = count - count % batch_size
    batches = jax.random.permutation(batch_key, dealt[:full].reshape(-1, batch_size))
    # Otherwise each minibatch would be sorted by class, and so would be its shares on several devices.
    batches = jax.random.permutation(within_key, batches, axis=1, independent=True)
    return jnp.concatenate([batches.reshape(-1), dealt[full:]])
