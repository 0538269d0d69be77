"""Rows of arrays that stay on the disk: none is read before it is asked for."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int, Shaped

from ..core.errors import DataError
from .windows import Windows

# Numbers that are looked at together where all are looked at: 8 MiB as float64.
_BLOCK = 2**20


class _Part(NamedTuple):
    """An array, and the file that it is mapped from; the file's size and time of change when it was opened."""

    array: np.ndarray
    file: Path | None = None
    stamp: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Rows:
    """Rows of memory-mapped arrays, as numbers of `dtype`: an array that takes 8 bytes a row.

    A slice is Rows again; an array of numbers reads those rows, np.asarray all of them. order: which rows, counted
    through all parts. Reading raises DataError where a file is no longer what it was when it was opened.
    """

    parts: tuple[_Part, ...]
    order: Int[np.ndarray, " rows"]
    dtype: np.dtype

    def __len__(self) -> int:
        return len(self.order)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return len(self.order), *self.parts[0].array.shape[1:]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def astype(self, dtype: Any) -> "Rows":
        """The same rows as other numbers; those that are too large for float32 are infinite in it."""
        return replace(self, dtype=np.dtype(dtype))

    def __getitem__(self, rows: Any) -> Any:
        """Rows of a slice; an array of those with these numbers."""
        if isinstance(rows, slice):
            return replace(self, order=self.order[rows])
        return self._read(self.order[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._read(self.order).astype(dtype or self.dtype, copy=False)

    def _read(self, places: Int[np.ndarray, " read"]) -> Shaped[np.ndarray, "read ..."]:
        for part in self.parts:
            _check_unchanged(part)
        with np.errstate(over="ignore"):  # found, and named, among the infinities
            if len(self.parts) == 1:
                return self.parts[0].array[places].astype(self.dtype, copy=False)
            found, start = np.empty((len(places), *self.shape[1:]), self.dtype), 0
            for array, *_ in self.parts:
                own = (places >= start) & (places < start + len(array))
                found[own] = array[places[own] - start]
                start += len(array)
        return found


def rows_of(array: Any) -> Any:
    """A memory-mapped array as Rows; any other as it is."""
    # What is computed from a memory map is still called one, but has no file.
    if not isinstance(array, np.memmap) or array.filename is None:
        return array
    file = Path(array.filename)
    part = _Part(np.asarray(array), file, _stamp(file))
    return Rows((part,), np.arange(len(array)), array.dtype) if array.ndim else np.asarray(array)


def take_rows(array: Any, order: Int[np.ndarray, " taken"]) -> Any:
    """`array[order]`, without reading it where it is memory-mapped."""
    array = rows_of(array)
    return replace(array, order=array.order[order]) if isinstance(array, Rows) else array[order]


def join_rows(first: Any, second: Any) -> Any:
    """One array after the other, without reading them where either is memory-mapped."""
    both = [rows_of(array) for array in (first, second)]
    if not any(isinstance(array, Rows) for array in both):
        return np.concatenate(both)
    a, b = (
        array if isinstance(array, Rows) else Rows((_Part(array),), np.arange(len(array)), array.dtype)
        for array in both
    )
    start = sum(len(part.array) for part in a.parts)
    return Rows((*a.parts, *b.parts), np.concatenate([a.order, start + b.order]), a.dtype)


def blocks(array: Any) -> Iterator[np.ndarray]:
    """All rows of an array, a few at a time."""
    step = max(1, _BLOCK // math.prod(array.shape[1:]))
    return (np.asarray(array[start : start + step]) for start in range(0, len(array), step))


def is_too_large(arrays: Iterable[Any], megabytes: float) -> bool:
    """Whether arrays take more than that; windows of a text never do."""
    if any(isinstance(array, Windows) for array in arrays):
        return False
    return sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays) > 1e6 * megabytes


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror or error}") from None
    return found.st_size, found.st_mtime_ns


def _check_unchanged(part: _Part) -> None:
    # Reading a map beyond the end of a file that has become shorter would end the process.
    if part.file is not None and (now := _stamp(part.file)) != part.stamp:
        what = f"it had {part.stamp[0]:,} bytes and has {now[0]:,}" if now[0] != part.stamp[0] else "it was written to"
        raise DataError(f"{part.file}: changed while it was in use: {what}; bring it back, and go on with the run")
