import numpy as np
import pytest

from fnbackprop.core.errors import DataError
from fnbackprop.data import Dataset, Examples

pytestmark = pytest.mark.quick


def examples(n: int = 4, outputs: int = 1) -> Examples:
    return Examples(np.zeros((n, 3), np.float32), np.zeros((n, outputs), np.float32))


def labelled(*labels: int, inputs: np.ndarray | None = None) -> Examples:
    return Examples(np.zeros((len(labels), 3), np.float32) if inputs is None else inputs, np.array(labels, np.int32))


def test_regression_classes_and_images_are_accepted():
    Dataset(examples(), test=examples(1))
    Dataset(labelled(0, 1, 1), labelled(0), classes=("no", "yes"))
    Dataset(labelled(0, 1, inputs=np.full((2, 5, 5, 3), 255, np.uint8)), classes=("no", "yes"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named(bad):
    inputs = np.zeros((4, 3), np.float32)
    inputs[2, 1] = inputs[3, 0] = bad
    with pytest.raises(DataError, match=rf"train inputs: row 2, column 1 \(counted from 0\) is {bad}"):
        Dataset(Examples(inputs, examples().targets))
    with pytest.raises(DataError, match="test inputs: row 2"):
        Dataset(examples(), test=Examples(inputs, examples().targets))
    with pytest.raises(DataError, match="train targets: row 2, column 1"):
        Dataset(Examples(np.zeros((4, 3), np.float32), inputs))


def test_a_place_in_an_image_has_several_coordinates():
    inputs = np.zeros((2, 4, 5, 1), np.float32)
    inputs[1, 2, 3, 0] = np.nan
    with pytest.raises(DataError, match=r"row 1, column \(2, 3, 0\)"):
        Dataset(labelled(0, 1, inputs=inputs), classes=("no", "yes"))


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_of_no_class_is_named(label):
    with pytest.raises(DataError, match=rf"train targets: row 2 \(counted from 0\) has label {label}; wanted 0 to 1"):
        Dataset(labelled(0, 1, label, label), classes=("no", "yes"))


def test_lengths_must_agree_and_not_be_zero():
    with pytest.raises(DataError, match="train part has 4 inputs and 3 targets"):
        Dataset(Examples(examples(4).inputs, examples(3).targets))
    with pytest.raises(DataError, match="test part holds no examples"):
        Dataset(examples(), test=examples(0))


def test_train_and_test_must_be_alike():
    with pytest.raises(DataError, match=r"train targets is float32\(1,\), one of the test targets float32\(2,\)"):
        Dataset(examples(), test=examples(outputs=2))


@pytest.mark.parametrize(
    "inputs",
    [np.zeros((4, 3)), np.zeros((4, 3), np.int32), np.zeros(4, np.float32), np.zeros((4, 0), np.float32)],
    ids=["float64", "int32", "no feature axis", "no features"],
)
def test_inputs_of_another_type_or_shape_are_refused(inputs):
    with pytest.raises(DataError, match=r"train inputs are .*; wanted float32 or uint8 of shape"):
        Dataset(Examples(inputs, examples().targets))


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (np.zeros(4, np.float32), None),
        (np.zeros((4, 0), np.float32), None),
        (np.zeros(4, np.int32), None),
        (np.zeros((4, 1), np.int32), ("no", "yes")),
        (np.zeros(4, np.int64), ("no", "yes")),
        (np.zeros((4, 1), np.float32), ("no", "yes")),
    ],
)
def test_targets_of_another_type_or_shape_are_refused(targets, classes):
    with pytest.raises(DataError, match=r"train targets are .*; wanted"):
        Dataset(Examples(examples().inputs, targets), classes=classes)


def test_one_class_is_nothing_to_learn():
    with pytest.raises(DataError, match="wanted at least two"):
        Dataset(labelled(0, 0), classes=("only",))
