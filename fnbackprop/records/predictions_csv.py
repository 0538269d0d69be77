"""Predictions as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Num

from ..core.errors import DataError


class Origin(NamedTuple):
    """What predictions are of: the lines of a table, files, or the rows of an array from 0; each by its name."""

    kind: Literal["line", "file", "row"]
    names: Sequence[str | int]


def predictions_csv(
    predictions: Num[np.ndarray, "n ..."], kind: str, classes: Sequence[str] | None, origin: Origin
) -> str:
    """One row for each prediction: what it is of, then its class by name, or a column for each output.

    Raises DataError where a prediction is more than a row of numbers, as for each place of a text.
    """
    if predictions.ndim > 2 - (kind == "classes"):
        each = predictions.shape[1:]
        raise DataError(f"each prediction is an array of shape {each}, and no row of a table: write them as .npy")
    predictions = predictions[:, None] if kind != "classes" and predictions.ndim == 1 else predictions
    if kind == "classes":
        names = output_names(classes, int(predictions.max()) + 1)
        columns, rows = ["class"], [[names[i]] for i in predictions]
    else:
        # As text here, for csv would write the digits of float64.
        columns, rows = _columns(classes, predictions.shape[1], kind), [[*map(str, row)] for row in predictions]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([origin.kind, *columns])
    writer.writerows([name, *row] for name, row in zip(origin.names, rows, strict=True))
    return text.getvalue()


def output_names(classes: Sequence[str] | None, width: int) -> list[str]:
    """What so many outputs are called: as the classes, and output_N, from 1, beyond them or where there are none."""
    named = [*(classes or ())]
    return [*named[:width], *(f"output_{i + 1}" for i in range(len(named), width))]


def _columns(classes: Sequence[str] | None, width: int, kind: str) -> list[str]:
    if width > 1:
        return output_names(classes, width)
    # One logit for two classes is of the second.
    return [classes[1] if classes and kind == "probabilities" else "output"]
