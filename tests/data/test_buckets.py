"""Every example is dealt out once an epoch, in minibatches of one size, and cut to it."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.data.buckets import at_size, buckets_of, deal, dealt_batch, steps_of_buckets
from fnbackprop.data.order import epoch_order

pytestmark = pytest.mark.quick
SIZES = (2, 4, 8)
KEY = jax.random.key(0)


def padded(*lengths: int) -> np.ndarray:
    inputs = np.zeros((len(lengths), 8, 2), np.float32)
    for example, length in zip(inputs, lengths, strict=True):
        example[:length, 1] = 3
    return inputs


def test_a_bucket_is_the_smallest_size_that_holds_all_but_the_zeros_at_the_end() -> None:
    inputs = padded(0, 1, 2, 3, 4, 5, 8)
    assert buckets_of(inputs, SIZES).tolist() == [0, 0, 0, 1, 1, 2, 2]
    inputs[1, 0] = 0
    inputs[1, 6, 0] = -1  # zeros in between are no end
    assert buckets_of(inputs, SIZES).tolist() == [0, 2, 0, 1, 1, 2, 2]
    assert buckets_of(inputs[:, :, 1], SIZES).tolist() == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(("last_batch", "steps"), [("keep", [3, 1, 2]), ("drop", [2, 0, 1])])
def test_minibatches_hold_one_bucket_and_every_example_once(last_batch: str, steps: list[int]) -> None:
    batch, counts = 4, [11, 2, 6]
    buckets = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], counts))
    assert steps_of_buckets(counts, batch, last_batch) == steps
    orders = []
    for epoch in range(2):
        order = epoch_order(KEY, epoch, len(buckets), "every-epoch")
        dealt = deal(jax.random.fold_in(KEY, epoch), order, buckets, batch, last_batch)
        assert [len(each) for each in dealt] == [sum(steps) * batch] * 2
        seen: Counter[int] = Counter()
        for step in range(sum(steps)):
            indices, weights = dealt_batch(dealt, step, batch)
            assert len({*buckets[indices].tolist()}) == 1
            seen.update(np.asarray(indices)[np.asarray(weights) > 0].tolist())
        assert set(seen.values()) == {1}
        if last_batch == "keep":
            assert len(seen) == len(buckets)
        orders.append(dealt[0].tolist())
    assert orders[0] != orders[1]


def test_without_a_key_the_smallest_come_first_in_the_given_order() -> None:
    indices, weights = deal(None, jnp.arange(5), np.array([1, 0, 1, 0, 0]), 2, "keep")
    assert indices.tolist() == [1, 3, 4, 1, 0, 2]
    assert weights.tolist() == [1, 1, 1, 0, 1, 1]


def test_a_size_between_two_examples_sizes_may_be_empty() -> None:
    indices, weights = deal(None, jnp.arange(3), np.array([0, 2, 2]), 2, "keep")
    assert indices.tolist() == [0, 0, 1, 2]
    assert weights.tolist() == [1, 0, 1, 1]


def test_a_function_is_traced_for_each_size_in_one_program() -> None:
    traced = []

    @jax.jit
    def run(x, bucket):
        def total(x):
            traced.append(x.shape[1])
            return jnp.sum(x) + 100 * x.shape[1]

        return at_size(total, x, SIZES, bucket)

    for length, bucket in [(1, 0), (2, 0), (3, 1), (8, 2)]:
        assert run(padded(1, length), bucket) == 3 + 3 * length + 100 * SIZES[bucket]
    assert traced == [2, 4, 8]
