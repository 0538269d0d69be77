"""Targets that are written as text: names of classes, or numbers."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int32

from ..core.errors import DataError

Task = Literal["classification", "regression"]

_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT32_MAX = float(np.finfo(np.float32).max)
# Whole numbers of more kinds than this are as likely counts or prices as classes: somebody has to say.
_MAX_GUESSED_CLASSES = 100


def targets_from_text(
    cells: Sequence[str], task: Task | None, where: Callable[[int], str]
) -> tuple[Int32[np.ndarray, " cells"] | Float32[np.ndarray, "cells 1"], tuple[str, ...] | None]:
    """Labels and the classes' names, sorted; or numbers, and None. `where(i)` says where cell i stands, for errors."""
    if "" in cells:
        raise DataError(f"{where(cells.index(''))}: is empty; wanted a target: fill it in, or leave the row out")
    task = task or _guess(cells, where)
    if task == "classification":
        return _labels(cells)
    numbers = [parse_number(cell) for cell in cells]
    if None in numbers:
        i = numbers.index(None)
        raise DataError(f"{where(i)}: got {cells[i][:40]!r}; wanted a finite number, for regression")
    return np.array(numbers, np.float32)[:, None], None


def parse_number(cell: str) -> float | None:
    """The number, or None where it is none, is not finite, or does not fit into float32."""
    try:
        number = float(cell)
    except ValueError:
        return None
    # Python reads 1_000 as a number; in a table it is more likely a name.
    return number if abs(number) <= _FLOAT32_MAX and "_" not in cell else None


def _guess(cells: Sequence[str], where: Callable[[int], str]) -> Task:
    remedy = 'say which is meant by data.task = "classification" or "regression"'
    if all(map(_INTEGER.fullmatch, cells)):
        if (found := len(set(cells))) > _MAX_GUESSED_CLASSES:
            raise DataError(f"{where(0)} and below: {found} different whole numbers may be classes or values; {remedy}")
        return "classification"
    numeric = [parse_number(cell) is not None for cell in cells]
    if any(numeric) and not all(numeric):
        i = numeric.index(False)
        raise DataError(f"{where(i)}: got {cells[i][:40]!r} among numbers; correct it, or {remedy}")
    return "regression" if all(numeric) else "classification"


def _labels(cells: Sequence[str]) -> tuple[Int32[np.ndarray, " cells"], tuple[str, ...]]:
    if all(map(_INTEGER.fullmatch, cells)):
        cells = [str(int(cell)) for cell in cells]
        classes = sorted(set(cells), key=int)
    else:
        classes = sorted(set(cells))
    label = {name: i for i, name in enumerate(classes)}
    return np.array([label[cell] for cell in cells], np.int32), tuple(classes)
