"""Predictions as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Num

from ..core.errors import DataError
from .trained import Prediction, Trained


class Origin(NamedTuple):
    """What each prediction is of: the lines of a table, files, or the rows of an array, counted from 0."""

    what: str
    names: Sequence[str | int]


def predictions_csv(trained: Trained, predictions: Num[np.ndarray, "n ..."], kind: Prediction, origin: Origin) -> str:
    """One row for each prediction: what it is of, then its class by name, or a column for each output.

    Columns are called as the classes; output, or output_1 …, where there are none. Raises DataError where a prediction
    is more than a row of numbers, as for each place of a text.
    """
    if predictions.ndim > 2 - (kind == "classes"):
        each = predictions.shape[1:]
        raise DataError(f"each prediction is an array of shape {each}, and no row of a table: write them as .npy")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if kind == "classes":
        assert trained.classes is not None
        columns, rows = ["class"], [[trained.classes[i]] for i in predictions]
    else:
        # As text here, for csv would write the digits of float64.
        columns, rows = _columns(trained, predictions.shape[-1], kind), [[*map(str, row)] for row in predictions]
    writer.writerow([origin.what, *columns])
    writer.writerows([name, *row] for name, row in zip(origin.names, rows, strict=True))
    return text.getvalue()


def _columns(trained: Trained, width: int, kind: Prediction) -> list[str]:
    classes = trained.classes or ()
    if width == len(classes):
        return [*classes]
    if width == 1:  # one logit for two classes is of the second
        return [classes[1] if kind == "probabilities" else "output"]
    return [f"output_{i + 1}" for i in range(width)]
