"""A table of numbers as text."""

import csv as table
import difflib
import io
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from ..core.errors import DataError
from .dataset import Dataset, Examples
from .reading import opened, user_path
from .source import named_dataset
from .text_targets import Task, parse_number, targets_from_text

# Text unfolds to several times its size in memory.
_MAX_BYTES = 2**30
# Columns that an error names.
_MOST_NAMED = 10
_OR_ITS_COLUMN = ", or the column: data.features names those that count"


def csv(path: str, target: str, task: Task | None = None, features: tuple[str, ...] = ()) -> Dataset:
    """Examples from a CSV file of yours in UTF-8; the first row names the columns, which are features but for `target`.

    task: "classification" or "regression". Where it is left out, text and integers are classes, and other numbers are
    values to regress on. features: the columns that are, where others are to be left out. `path` is relative to where
    the command is run. DataError names file, line, column and value.
    """
    file = user_path(path)
    cells, numbers, lines = [], array("d"), array("q")
    with _table(file) as (names, rows):
        at = _find(target, names, file)
        if len({*features}) < len(features):
            raise DataError(f"{file}: the features {', '.join(features)} name a column twice")
        if target in features:
            raise DataError(f"{file}: {target!r} is the target, and among the features; leave it out there")
        if len(names) < 2:
            raise DataError(f"{file}: line 1: names only {target!r}; wanted at least one feature beside the target")
        others = [name for name in names if name != target]
        places = [_find(name, names, file) for name in features or others]
        for line, row in rows:
            cells.append(row[at].strip())
            numbers.extend(_numbers(row, names, places, f"{file}: line {line}", _OR_ITS_COLUMN))
            lines.append(line)
    targets, classes = targets_from_text(cells, task, lambda i: f"{file}: line {lines[i]}, column {target!r}")
    examples = Examples(_inputs(numbers, places), targets)
    return named_dataset(str(file), examples, classes=classes, features=tuple(names[i] for i in places))


def csv_inputs(path: str, features: Sequence[str]) -> tuple[Float32[np.ndarray, "rows features"], list[int]]:
    """Inputs for a model that learned from these features, found by name; and the line of each.

    Other columns are left out; all are taken, in their order, where features have no names. Raises DataError.
    """
    file = user_path(path)
    numbers, lines = array("d"), []
    with _table(file) as (names, rows):
        places = [_find(feature, names, file) for feature in features or names]
        for line, row in rows:
            numbers.extend(_numbers(row, names, places, f"{file}: line {line}"))
            lines.append(line)
    return _inputs(numbers, places), lines


def _inputs(numbers: "array[float]", places: Sequence[int]) -> Float32[np.ndarray, "rows features"]:
    return np.frombuffer(numbers, np.float64).astype(np.float32).reshape(-1, len(places))


@contextmanager
def _table(file: Path) -> Iterator[tuple[list[str], Iterator[tuple[int, list[str]]]]]:
    """The columns' names, and the rows below, of which there is at least one, each with the number of its line."""
    with opened(file, _MAX_BYTES) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        rows = _rows(text, file)
        _, header = next(rows, (1, []))
        (most, times), *_ = Counter(names := [name.strip() for name in header]).most_common(1) or [("", 0)]
        if times > 1:
            what = f"names {most[:40]!r} {times} times"
            raise DataError(f"{file}: line 1: {what}; wanted a name of its own for each column")
        if odd := next((c for c in ";\t|" if len(names) == 1 and c in names[0]), ""):
            raise DataError(f"{file}: line 1: its cells are apart by {odd!r}; wanted a comma")
        yield names, _filled(rows, len(names), file)


def _filled(rows: Iterator[tuple[int, list[str]]], width: int, file: Path) -> Iterator[tuple[int, list[str]]]:
    line = 0
    for line, row in rows:
        if len(row) != width:
            raise DataError(f"{file}: line {line}: has {len(row)} cells; wanted {width}, as in the first row")
        yield line, row
    if not line:
        raise DataError(f"{file}: names its columns and has no rows; wanted at least one")


def _rows(text: io.TextIOWrapper, file: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of the line it ends on."""
    reader = table.reader(text, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except UnicodeDecodeError as error:
        odd = error.object[error.start]
        raise DataError(f"{file}: is not UTF-8, for its byte {odd:#04x} ({error.reason}); save it so") from None
    except table.Error as error:
        raise DataError(f"{file}: line {reader.line_num}: is not CSV: {error}") from None


def _find(column: str, names: Sequence[str], file: Path) -> int:
    if column not in names:
        nearest = difflib.get_close_matches(column, names, 1)
        there = f"the nearest there is {nearest[0][:40]!r}" if nearest else f"there are {_listed(names)}"
        raise DataError(f"{file}: line 1: names no column {column!r}; {there}")
    return names.index(column)


def _listed(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return (", ".join(repr(name[:40]) for name in names[:_MOST_NAMED]) or "none") + more


def _numbers(
    cells: Sequence[str], names: Sequence[str], places: Sequence[int], where: str, more: str = ""
) -> list[float]:
    numbers = [parse_number(cells[i]) for i in places]
    if None in numbers:
        i = places[numbers.index(None)]
        raise DataError(
            f"{where}, column {names[i]!r}: got {cells[i][:40]!r}; wanted a finite number: give categories numbers, "
            f"fill in what is missing, or leave the row out{more}"
        )
    return numbers  # type: ignore[return-value]
