"""A table of numbers as text."""

import csv as table
import difflib
import io
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..core.errors import DataError
from .dataset import Dataset, Examples
from .reading import opened, user_path
from .source import named_dataset
from .text_targets import Task, parse_number, targets_from_text

# Text unfolds to several times its size in memory.
_MAX_BYTES = 2**30


def csv(path: str, target: str, task: Task | None = None) -> Dataset:
    """Examples from a CSV file of yours in UTF-8; the first row names the columns, which are features but for `target`.

    task: "classification" or "regression". Where it is left out, text and integers are classes, and other numbers are
    values to regress on. `path` is relative to where the command is run. DataError names file, line, column and value.
    """
    file = user_path(path)
    features, cells, lines = array("d"), [], array("q")
    with opened(file, _MAX_BYTES) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        rows = _rows(text, file)
        _, header = next(rows, (1, []))
        names = [name.strip() for name in header]
        at = _find(target, names, file)
        del names[at]
        for line, row in rows:
            if len(row) != len(header):
                raise DataError(f"{file}: line {line}: has {len(row)} cells; wanted {len(header)}, as in the first row")
            cells.append(row.pop(at).strip())
            features.extend(_numbers(row, names, f"{file}: line {line}"))
            lines.append(line)
    if not cells:
        raise DataError(f"{file}: names its columns and has no rows; wanted at least one")
    targets, classes = targets_from_text(cells, task, lambda i: f"{file}: line {lines[i]}, column {target!r}")
    inputs = np.frombuffer(features, np.float64).astype(np.float32).reshape(len(cells), -1)
    return named_dataset(str(file), Examples(inputs, targets), classes=classes)


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


def _find(target: str, names: Sequence[str], file: Path) -> int:
    (most, times), *_ = Counter(names).most_common(1) or [("", 0)]
    if times > 1:
        raise DataError(f"{file}: line 1: names {most[:40]!r} {times} times; wanted a name of its own for each column")
    if target not in names:
        nearest = difflib.get_close_matches(target, names, 1) or names[:10]
        likely = ", ".join(repr(name[:40]) for name in nearest) or "nothing"
        raise DataError(f"{file}: line 1: names no column {target!r}; the nearest there is {likely}")
    if len(names) < 2:
        raise DataError(f"{file}: line 1: names only {target!r}; wanted at least one feature beside the target")
    return names.index(target)


def _numbers(cells: Sequence[str], names: Sequence[str], where: str) -> list[float]:
    numbers = [parse_number(cell) for cell in cells]
    if None in numbers:
        i = numbers.index(None)
        raise DataError(
            f"{where}, column {names[i]!r}: got {cells[i][:40]!r}; wanted a finite number: give categories numbers, "
            "fill in what is missing, or leave the row out"
        )
    return numbers  # type: ignore[return-value]
