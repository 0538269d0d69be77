"""Predictions as rows of a table, whatever a model predicts."""

import numpy as np
import pytest

from fnbackprop import DataError
from fnbackprop.records import Origin, predictions_csv

pytestmark = pytest.mark.quick


def table(predictions: np.ndarray, kind: str = "outputs", classes: tuple[str, ...] | None = None) -> list[str]:
    return predictions_csv(predictions, kind, classes, Origin("row", range(len(predictions)))).splitlines()


def test_numbers_have_the_digits_that_they_need() -> None:
    assert table(np.float32([[0.1], [1e-9]])) == ["row,output", "0,0.1", "1,1e-09"]
    assert table(np.float32([[1, 2.5]])) == ["row,output_1,output_2", "0,1.0,2.5"]


def test_one_logit_for_two_classes() -> None:
    assert table(np.float32([[0.25]]), "outputs", ("no", "yes")) == ["row,output", "0,0.25"]
    assert table(np.float32([[0.25]]), "probabilities", ("no", "yes")) == ["row,yes", "0,0.25"]
    assert table(np.array([1, 0]), "classes", ("no", "yes")) == ["row,class", "0,yes", "1,no"]


def test_one_number_without_an_axis_of_its_own() -> None:
    assert table(np.float32([0.5, 2])) == ["row,output", "0,0.5", "1,2.0"]


def test_an_output_beyond_the_classes_has_a_number() -> None:
    assert table(np.float32([[0, 1, 2]]), "outputs", ("no", "yes")) == ["row,no,yes,output_3", "0,0.0,1.0,2.0"]
    assert table(np.array([2]), "classes", ("no", "yes")) == ["row,class", "0,output_3"]


def test_names_that_are_no_plain_cells_are_quoted() -> None:
    assert table(np.float32([[0, 1]]), "outputs", ("a, b", 'c"')) == ['row,"a, b","c"""', "0,0.0,1.0"]


@pytest.mark.parametrize(("shape", "kind"), [((2, 3, 2), "outputs"), ((2, 3), "classes")])
def test_a_prediction_that_is_no_row_is_refused(shape: tuple[int, ...], kind: str) -> None:
    with pytest.raises(DataError, match=r"is an array of shape \(3,.*write them as \.npy"):
        table(np.zeros(shape, int), kind, ("no", "yes"))
