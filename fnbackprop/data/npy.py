"""NumPy's own file of one array."""

import io
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Shaped

from ..core.errors import DataError
from .dataset import Dataset
from .reading import opened, user_path
from .source import from_arrays

# NumPy's headers are a few dozen characters; its parser refuses more than 10,000.
_MAX_HEADER = 12_000
# Version 3 differs from 2 in the alphabet of field names, and arrays with fields are refused.
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,
}


def npy(inputs: str, targets: str) -> Dataset:
    """Examples from two `.npy` files of yours: integer targets are classes, floats are for regression.

    `inputs` and `targets` are paths, relative to where the command is run. Objects are never unpickled. The files are
    memory-mapped, so that they may be larger than memory.
    """
    return from_arrays(f"{inputs}, {targets}", (map_npy(inputs), map_npy(targets)))


def map_npy(path: str) -> np.memmap:
    """The numbers in a `.npy` file, of which none is read before it is asked for; raises DataError."""
    file = user_path(path)
    with opened(file, sys.maxsize) as stream:
        head = stream.read(_MAX_HEADER)
        with _explained(str(file)):
            layout = _layout(head, file.stat().st_size)
        return np.memmap(file, layout.dtype, "r", layout.start, layout.shape, layout.order)


def read_npy(path: str) -> Shaped[np.ndarray, "..."]:
    """The numbers in a `.npy` file; raises DataError."""
    file = user_path(path)
    with opened(file) as stream:
        return parse_npy(stream.read(), str(file))


def parse_npy(data: bytes, name: str) -> Shaped[np.ndarray, "..."]:
    """The numbers in the bytes of a `.npy` file, which are shared and not copied; `name` begins the DataError."""
    with _explained(name):
        layout = _layout(data[:_MAX_HEADER], len(data))
        numbers = np.frombuffer(data, layout.dtype, offset=layout.start)
        return numbers.reshape(layout.shape, order=layout.order)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    # The header is a Python expression, and a hostile one fails in more ways than NumPy translates.
    except Exception as error:
        raise DataError(f"{name}: is no .npy array that can be read: {error}") from None


class _Layout(NamedTuple):
    """How the numbers lie in a file."""

    dtype: np.dtype
    start: int
    shape: tuple[int, ...]
    order: Literal["C", "F"]


def _layout(head: bytes, size: int) -> _Layout:
    """What the head of a file says of all its bytes, of which there are `size`."""
    stream = io.BytesIO(head)
    shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    start = stream.tell()
    if dtype.kind not in "biuf":
        raise ValueError(f"it holds {dtype}; wanted real numbers (objects are pickled, and are never loaded)")
    if math.prod(shape) * dtype.itemsize != size - start:
        raise ValueError(
            f"its header claims {dtype} of shape {shape}, but {size - start:,} bytes follow: truncated or corrupt"
        )
    return _Layout(dtype, start, shape, "F" if fortran else "C")
