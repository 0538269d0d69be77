import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop.data.order import batch_indices, class_coverage, epoch_order

KEY = jax.random.key(0)
LABELS = np.repeat([0, 1, 2, 3], [60, 25, 13, 5])  # sorted, and 103 is prime


@pytest.mark.quick
@pytest.mark.parametrize("shuffle", ["every-epoch", "once", "never", "stratified"])
def test_every_example_comes_once_an_epoch(shuffle):
    for epoch in (0, 1):
        order = epoch_order(KEY, epoch, 103, shuffle, LABELS, 10)
        assert order.dtype == jnp.int32
        assert sorted(order.tolist()) == list(range(103))


@pytest.mark.quick
@pytest.mark.parametrize(("shuffle", "changes"), [("every-epoch", 1), ("stratified", 1), ("once", 0), ("never", 0)])
def test_what_changes_between_epochs(shuffle, changes):
    def order(epoch, key=KEY):
        return epoch_order(key, epoch, 103, shuffle, LABELS, 10).tolist()

    assert order(3) == order(3)
    assert (order(0) != order(1)) == changes
    assert (order(0) != order(0, jax.random.key(1))) == (shuffle != "never")


def test_never_is_the_sources_order():
    assert epoch_order(KEY, 5, 4, "never").tolist() == [0, 1, 2, 3]


def test_a_shuffle_is_uniform():
    # Each example stands in each place with probability 1/4: 2000 epochs give 500 ± 4 deviations of 19.4.
    orders = jax.vmap(lambda epoch: epoch_order(KEY, epoch, 4, "every-epoch"))(jnp.arange(2000))
    counts = np.array([[np.sum(orders[:, place] == example) for example in range(4)] for place in range(4)])
    assert (np.abs(counts - 500) < 78).all()


def test_the_epoch_may_be_traced():
    order = jax.jit(epoch_order, static_argnums=(2, 3, 5))
    traced = order(KEY, jnp.int32(7), 103, "stratified", LABELS, 10)
    assert traced.tolist() == epoch_order(KEY, 7, 103, "stratified", LABELS, 10).tolist()


@pytest.mark.parametrize(
    ("labels", "batch_size"), [(LABELS, 1), (LABELS, 7), (LABELS, 10), (LABELS, 128), (np.arange(100) % 5, 10)]
)
def test_stratified_minibatches_hold_each_class_in_proportion(labels, batch_size):
    shares = np.bincount(labels) / len(labels)
    labels = np.random.default_rng(0).permutation(labels)
    order = np.asarray(epoch_order(KEY, 0, len(labels), "stratified", labels, batch_size))
    for start in range(0, len(labels), batch_size):
        batch = labels[order[start : start + batch_size]]
        assert (np.abs(np.bincount(batch, minlength=len(shares)) - shares * len(batch)) <= 1).all()


def test_stratified_shuffles_within_classes_and_minibatches():
    labels = np.arange(100) % 2
    orders = [np.asarray(epoch_order(KEY, epoch, 100, "stratified", labels, 10)) for epoch in range(20)]
    batches = labels[np.array(orders)].reshape(200, 10)
    assert len({tuple(batch) for batch in batches}) > 50  # sorted ones would be all the same
    assert len({order[0] for order in orders}) > 10


def test_a_rare_class_visits_other_steps_each_epoch():
    labels = (np.arange(60) < 1).astype(int)
    steps = {
        int(np.flatnonzero(np.asarray(epoch_order(KEY, epoch, 60, "stratified", labels, 6)) == 0)[0]) // 6
        for epoch in range(20)
    }
    assert len(steps) > 4


def test_stratified_wants_labels_and_a_batch_size():
    with pytest.raises(ValueError, match="wants labels and batch_size"):
        epoch_order(KEY, 0, 10, "stratified")


@pytest.mark.quick
@pytest.mark.parametrize(("count", "batch_size", "steps"), [(10, 5, 2), (11, 5, 3), (5, 5, 1), (3, 5, 1), (1, 1, 1)])
def test_every_example_counts_once_an_epoch(count, batch_size, steps):
    order = epoch_order(KEY, 0, count, "every-epoch")
    total = np.zeros(count)
    for step in range(steps):
        indices, weights = batch_indices(order, step, batch_size)
        assert indices.shape == (batch_size,)
        assert (weights is None) == (count % batch_size == 0)
        np.add.at(total, np.asarray(indices), 1 if weights is None else np.asarray(weights))
    assert total.tolist() == [1] * count


def test_the_last_minibatch_is_filled_up_from_the_epochs_start():
    indices, weights = batch_indices(jnp.array([4, 2, 0, 3, 1], jnp.int32), jnp.int32(1), 3)
    assert indices.tolist() == [3, 1, 4]
    assert weights.tolist() == [1, 1, 0]


@pytest.mark.quick
def test_class_coverage():
    labels = np.array([0, 0, 1, 1, 7, 7])
    assert class_coverage(labels, np.array([0, 2, 4, 1, 3, 5]), 3) == 1
    assert class_coverage(labels, np.arange(6), 3) == 0
    assert class_coverage(labels, np.array([0, 2, 4, 1, 3, 5]), 4) == 0.5  # the ragged one holds two classes
    assert class_coverage(labels, np.arange(6), 6) == 1
