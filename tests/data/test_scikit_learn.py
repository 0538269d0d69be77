import numpy as np
import pytest

from fnbackprop.data import breast_cancer, diabetes, digits, iris, wine


@pytest.mark.parametrize(
    ("source", "shape", "classes"),
    [(digits, (1797, 64), 10), (iris, (150, 4), 3), (wine, (178, 13), 3), (breast_cancer, (569, 30), 2)],
)
def test_classification(source, shape, classes):
    dataset = source()
    assert dataset.train.inputs.shape == shape
    assert dataset.train.inputs.dtype == np.float32
    assert len(dataset.classes) == classes
    assert np.unique(dataset.train.targets).tolist() == list(range(classes))
    assert dataset.test is None


def test_digits_as_images_are_the_same_numbers():
    flat, images = digits().train, digits(images=True).train
    assert images.inputs.shape == (1797, 8, 8, 1)
    np.testing.assert_array_equal(images.inputs.reshape(1797, 64), flat.inputs)


def test_iris_names_its_species():
    assert iris().classes == ("setosa", "versicolor", "virginica")


@pytest.mark.quick
def test_diabetes_is_raw():
    dataset = diabetes()
    assert dataset.classes is None
    assert dataset.train.targets.shape == (442, 1)
    # The first patient's age, sex, body mass index and blood pressure, as published.
    assert dataset.train.inputs[0, :4].tolist() == pytest.approx([59, 2, 32.1, 101])
    assert dataset.train.targets[0, 0] == 151
