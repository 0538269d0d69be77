"""Arrays as somebody happens to have them, made into a `Dataset`."""

from typing import Any

import numpy as np

from ..core.errors import DataError
from .dataset import Dataset, Examples
from .rows import Rows, rows_of

# More would be no classes but a number that somebody forgot to make a float; naming them all would fill the memory.
_MAX_CLASSES = 2**20


def as_dataset(result: object, source: str) -> Dataset:
    """What the function `source` returned: a Dataset, or (inputs, targets).

    Integer targets of shape (n,) are labels of the classes "0" … "K−1"; floats, of shape (n,) or (n, k), are values to
    regress on. Inputs become float32; uint8 stays. Memory maps, as `np.load` with mmap_mode makes them, stay on the
    disk, but for targets of shape (n,). Raises DataError, which names `source`.
    """
    if isinstance(result, Dataset):
        return result
    if not isinstance(result, tuple) or len(result) != 2:
        what = f"a tuple of {len(result)}" if isinstance(result, tuple) else f"a {type(result).__name__}"
        raise DataError(f"{source} returned {what}; wanted a Dataset, or a tuple (inputs, targets)")
    return from_arrays(source, result)


def from_arrays(source: str, train: tuple[object, object], test: tuple[object, object] | None = None) -> Dataset:
    """A Dataset of (inputs, targets) for training, and for testing where there are any; see `as_dataset`."""
    train_part = _examples(*train, f"{source}: train")
    test_part = None if test is None else _examples(*test, f"{source}: test")
    labels = [part.targets for part in (train_part, test_part) if part and part.targets.dtype == np.int32]
    classes = tuple(map(str, range(1 + max(int(part.max()) for part in labels)))) if labels else None
    return named_dataset(source, train_part, test_part, classes)


def named_dataset(
    source: str,
    train: Examples,
    test: Examples | None = None,
    classes: tuple[str, ...] | None = None,
    features: tuple[str, ...] = (),
) -> Dataset:
    """A Dataset whose errors begin with the file or function it came from."""
    try:
        return Dataset(train, test, classes, features)
    except DataError as error:
        raise DataError(f"{source}: {error}") from None


def _examples(inputs: object, targets: object, part: str) -> Examples:
    array = _numbers(inputs, f"{part} inputs")
    return Examples(array if array.dtype == np.uint8 else float32(array), _targets(targets, f"{part} targets"))


def _targets(numbers: object, name: str) -> Any:
    array = _numbers(numbers, name)
    array = np.asarray(array) if array.ndim == 1 else array
    if array.dtype.kind == "f":
        return float32(array[:, None] if array.ndim == 1 else array)
    if array.ndim != 1:
        raise DataError(
            f"{name} are integers of shape {array.shape}; wanted labels of shape (examples,), or floats for regression"
        )
    valid = (array >= 0) & (array < _MAX_CLASSES)
    if not valid.all():
        row = int(np.argmin(valid))
        raise DataError(
            f"{name}: row {row} (counted from 0) has label {array[row]}; wanted 0 to K−1 for K classes: number them "
            "from 0, or make them floats for regression"
        )
    return array.astype(np.int32)


def _numbers(numbers: object, name: str) -> Any:
    try:
        array = mapped if isinstance(mapped := rows_of(numbers), Rows) else np.asarray(numbers)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} do not make an array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} are {array.dtype}; wanted real numbers: give text and categories numbers first")
    if not array.ndim or not len(array):
        raise DataError(f"{name} have shape {array.shape}; wanted at least one example along the first axis")
    return array


def float32(array: Any) -> Any:
    """Numbers as float32, where those that are too large for it are infinite."""
    if isinstance(array, Rows):
        return array.astype(np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold is found, and named, among the infinities
        return array.astype(np.float32, copy=False)
