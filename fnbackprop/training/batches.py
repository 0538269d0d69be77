"""Which examples each step sees."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float32, Int, Int32, PRNGKeyArray

from ..core.config import DataConfig
from ..data import Examples
from ..data.buckets import deal, dealt_batch, steps_of_buckets
from ..data.order import batch_indices, batch_weights, epoch_order
from ..data.windows import Windows


class Order(NamedTuple):
    """An epoch's examples, step by step; and their weights where minibatches are dealt out by size, filled up."""

    indices: Int32[Array, " places"]
    weights: Float32[Array, " places"] | None = None


class Pooled(NamedTuple):
    """In place of an order: the examples are those that an epoch's steps see, in their order, from step `first` on."""

    first: Int[Any, ""]
    weights: None = None


class Batches(NamedTuple):
    """The minibatches of so many examples: pure functions of a key, the epoch and the step in it.

    buckets: each example's, where batches hold examples of one size (see `data.buckets`).
    """

    data: DataConfig
    examples: int
    buckets: Int[np.ndarray, " examples"] | None

    @property
    def per_epoch(self) -> int:
        """Steps that an epoch takes."""
        return steps_per_epoch(self.examples, self.data, self.buckets)

    @property
    def kept(self) -> int:
        """Examples that the steps of an epoch see, where there are no buckets."""
        return min(self.examples, self.per_epoch * self.data.batch_size)

    def order(self, key: PRNGKeyArray, epoch: Int[Array, ""], targets: Array | Windows | None) -> Order:
        """The examples of an epoch that its steps see; only stratified ones depend on their targets."""
        shuffle, batch_size = self.data.shuffle, self.data.batch_size
        labels = targets[: self.examples] if shuffle == "stratified" and targets is not None else None
        order = epoch_order(key, epoch, self.examples, shuffle, labels, batch_size)
        if self.buckets is None:
            return Order(order[: self.kept])
        key = jax.random.fold_in(key if shuffle == "once" else jax.random.fold_in(key, epoch), 1)
        return Order(*deal(None if shuffle == "never" else key, order, self.buckets, batch_size, self.data.last_batch))

    def pick(
        self, order: Order | Pooled, step: Int[Array, ""]
    ) -> tuple[Int32[Array, " batch"], Float32[Array, " batch"] | None]:
        """The examples of a step of the epoch, and their weights."""
        size = self.data.batch_size
        if isinstance(order, Pooled):
            place = jnp.arange(size, dtype=jnp.int32)
            return (step - order.first) * size + place, batch_weights(self.kept, step, size)
        if order.weights is None:
            return batch_indices(order.indices, step, size)
        return dealt_batch((order.indices, order.weights), step, size)

    def bucket(self, indices: Int32[Array, " batch"]) -> Int32[Array, ""]:
        """The bucket that all examples of a minibatch are of."""
        return jnp.asarray(self.buckets, jnp.int32)[indices[0]]

    def seen(self, order: Order | Pooled, first: np.int32, last: np.int32) -> Int[np.ndarray, " steps"]:
        """How many examples each of some steps of the epoch sees."""
        size = self.data.batch_size
        if order.weights is None:
            return np.minimum(self.kept - np.arange(first, last) * size, size)
        return np.count_nonzero(np.asarray(order.weights).reshape(-1, size)[first:last], axis=1)


def steps_per_epoch(count: int, data: DataConfig, buckets: Int[np.ndarray, " count"] | None = None) -> int:
    """Steps that an epoch of `count` examples takes; a ragged last batch, of each bucket, counts where it is kept."""
    counts = [count] if buckets is None else np.bincount(buckets).tolist()
    return sum(steps_of_buckets(counts, data.batch_size, data.last_batch))


def pick_examples(examples: Examples, indices: Int[Array, " batch"]) -> tuple[Array, Array]:
    """The inputs and targets of these examples."""
    inputs, targets = examples.inputs[indices], examples.targets[indices]
    if inputs.dtype == jnp.uint8 and jax.default_backend() == "cpu":
        # XLA on CPU takes up to twice as long where the same pass gathers bytes and normalises them.
        inputs = jax.lax.optimization_barrier(inputs)
    return inputs, targets
