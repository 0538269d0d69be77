import numpy as np
import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data import Dataset, Examples, as_dataset
from fnbackprop.data.source import from_arrays

pytestmark = pytest.mark.quick

INPUTS = [[1, 2], [3, 4], [5, 6]]


def test_a_dataset_is_returned_as_it_is():
    dataset = Dataset(Examples(np.ones((2, 3), np.float32), np.ones((2, 1), np.float32)))
    assert as_dataset(dataset, "mine") is dataset


@pytest.mark.parametrize("dtype", [np.int64, ">i4", np.uint8, bool])
def test_integers_become_labels(dtype):
    dataset = as_dataset((INPUTS, np.array([1, 0, 1]).astype(dtype)), "mine")
    assert dataset.classes == ("0", "1")
    assert dataset.train.targets.dtype == np.int32
    assert dataset.train.targets.tolist() == [1, 0, 1]
    assert dataset.train.inputs.dtype == np.float32
    assert dataset.train.inputs.tolist() == INPUTS


@pytest.mark.parametrize(("dtype", "shape"), [(np.float64, (3,)), (">f4", (3, 1)), (np.float16, (3, 2))])
def test_floats_become_columns(dtype, shape):
    targets = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    dataset = as_dataset((INPUTS, targets), "mine")
    assert dataset.classes is None
    assert dataset.train.targets.dtype == np.float32
    assert dataset.train.targets.tolist() == targets.reshape(3, -1).tolist()


def test_bytes_stay_bytes():
    assert as_dataset((np.zeros((3, 2), np.uint8), [0, 1, 0]), "mine").train.inputs.dtype == np.uint8


def test_classes_are_counted_over_both_parts():
    assert from_arrays("mine", (INPUTS, [0, 1, 0]), (INPUTS, [0, 1, 2])).classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "mine returned a NoneType; wanted a Dataset, or a tuple"),
        (np.zeros((3, 2)), "mine returned a ndarray"),
        ((INPUTS,), "mine returned a tuple of 1"),
        ((INPUTS, [0, 1, 0], "more"), "mine returned a tuple of 3"),
        (([[1], [1, 2]], [0, 1]), "mine: train inputs do not make an array"),
        (([["a"], ["b"]], [0, 1]), "mine: train inputs are <U1; wanted real numbers"),
        ((INPUTS, ["a", "b", "a"]), "mine: train targets are <U1; wanted real numbers"),
        ((INPUTS, [None, 1, 2]), "mine: train targets are object; wanted real numbers"),
        ((INPUTS, 3), "mine: train targets have shape ()"),
        (([], []), "mine: train inputs have shape (0,); wanted at least one example"),
        ((INPUTS, [[0], [1], [0]]), "mine: train targets are integers of shape (3, 1); wanted labels of shape"),
        ((INPUTS, [0, -1, 1]), "mine: train targets: row 1 (counted from 0) has label -1"),
        ((INPUTS, [0, 1, 2**60]), "mine: train targets: row 2 (counted from 0) has label 1152921504606846976"),
        ((INPUTS, np.array([0, 1, 2**64 - 1], np.uint64)), "mine: train targets: row 2"),
        ((INPUTS, [0, 1]), "mine: train part has 3 inputs and 2 targets"),
        ((INPUTS, [0, 0, 0]), "mine: got 1 class(es)"),
        (
            ([[1.0], [1e300], [0.0]], [0, 1, 0]),
            "mine: train inputs: row 1, column 0 (counted from 0) is inf as float32",
        ),
    ],
)
def test_anything_else_is_refused_with_its_source(result, message):
    with pytest.raises(DataError) as caught:
        as_dataset(result, "mine")
    assert str(caught.value).startswith(message)
