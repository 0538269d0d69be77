import numpy as np
import pytest

from fnbackprop.core.errors import ConfigError
from fnbackprop.data import Dataset, Examples, split

pytestmark = pytest.mark.quick


def numbered(n: int, start: int = 0) -> Examples:
    """Examples whose only feature is their number."""
    return Examples(np.arange(start, start + n, dtype=np.float32)[:, None], np.zeros((n, 1), np.float32))


def labelled(labels: np.ndarray, start: int = 0) -> Examples:
    return Examples(numbered(len(labels), start).inputs, labels.astype(np.int32))


LABELS = np.repeat([0, 1, 2, 3], [500, 250, 240, 10])
CLASSES = ("a", "b", "c", "d")


def numbers(splits, part: str) -> list[int]:
    chosen = getattr(splits, part)
    return splits.examples.inputs[chosen.start : chosen.stop, 0].astype(int).tolist()


def test_every_example_is_in_one_part_with_its_target_and_in_its_order():
    labels = np.random.default_rng(1).permutation(LABELS)
    splits = split(Dataset(labelled(labels), classes=CLASSES), validation=0.1, test=0.2, seed=0)
    assert [len(part) for part in splits[1:]] == [700, 100, 200]
    assert [part.start for part in splits[1:]] == [0, 700, 800]
    parts = [numbers(splits, part) for part in ("train", "validation", "test")]
    joined = [*parts[0], *parts[1], *parts[2]]
    assert sorted(joined) == list(range(1000))
    assert all(part == sorted(part) for part in parts)
    np.testing.assert_array_equal(splits.examples.targets, labels[joined])


@pytest.mark.parametrize(("validation", "test"), [(100, 200), (0.1, 0.2), (37, 0.5), (1, 1), (0.33, 333)])
def test_each_class_is_drawn_in_proportion(validation, test):
    splits = split(Dataset(labelled(LABELS), classes=CLASSES), validation, test, seed=3)
    counts = np.bincount(LABELS)
    for part in (splits.test, splits.validation):
        drawn = np.bincount(splits.examples.targets[part.start : part.stop], minlength=4)
        assert (np.abs(drawn - counts * len(part) / counts.sum()) < 1).all()
        counts = counts - drawn


def test_the_seed_alone_decides():
    dataset = Dataset(labelled(LABELS), classes=CLASSES)
    first, again, other = (split(dataset, 0.1, 0.2, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.examples.inputs, again.examples.inputs)
    assert numbers(first, "test") != numbers(other, "test")
    # About 40 of 200 come by chance into the other seed's part too.
    assert len(set(numbers(first, "test")) & set(numbers(other, "test"))) < 80


def test_the_draw_is_the_same_everywhere():
    # Random bits of Philox (Salmon et al. 2011) as NumPy promises them; a new version must not move them.
    splits = split(Dataset(numbered(10)), validation=2, test=3, seed=0)
    bits = np.random.Philox(0)
    deck = np.argsort(bits.random_raw(10))
    test = sorted(deck[[1, 5, 8]].tolist())
    assert numbers(splits, "test") == test
    left = np.array([i for i in range(10) if i not in test])
    assert numbers(splits, "validation") == sorted(left[np.argsort(bits.random_raw(7))][[1, 5]].tolist())


def test_a_test_part_of_its_own_stays_whole():
    own = labelled(np.array([3, 0, 2]), start=5000)
    splits = split(Dataset(labelled(LABELS), own, CLASSES), validation=0.1, test=None, seed=0)
    assert [len(part) for part in splits[1:]] == [900, 100, 3]
    assert numbers(splits, "test") == [5000, 5001, 5002]
    assert splits.examples.targets[-3:].tolist() == [3, 0, 2]


def test_another_test_part_beside_its_own_is_refused():
    with pytest.raises(ConfigError, match=r"data.test: got 0.2, .*a test part of its own; leave data.test out"):
        split(Dataset(numbered(10), numbered(3)), validation=0.1, test=0.2, seed=0)


def test_a_fifth_is_for_testing_unless_said():
    splits = split(Dataset(numbered(50)), validation=0, test=None, seed=0)
    assert [len(part) for part in splits[1:]] == [40, 0, 10]
    assert len(splits.validation) == 0


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [
        (0.5, 0.5, r"5 \+ 5 of 10 examples leave none to train on"),
        (9, 1, "leave none to train on"),
        (1000, 1, "leave none to train on"),
        (-1, 1, "data.validation: got -1"),
        (-0.5, 1, "data.validation: got -0.5"),
        (0.01, 1, "data.validation: got 0.01 of 10 examples; wanted a share"),
        (1, 0.01, "data.test: got 0.01"),
        (1, 0, "data.test: got 0 of 10"),
        (1.5, 1, "data.validation: got 1.5"),
    ],
)
def test_parts_that_do_not_fit_are_refused(validation, test, message):
    with pytest.raises(ConfigError, match=message):
        split(Dataset(numbered(10)), validation, test, seed=0)


def test_a_float_from_one_up_is_a_number_of_examples():
    splits = split(Dataset(numbered(10)), validation=1.0, test=3.0, seed=0)
    assert [len(part) for part in splits[1:]] == [6, 1, 3]
