"""NumPy's own file of one array."""

import io
import math

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

    `inputs` and `targets` are paths, relative to where the command is run. Objects are never unpickled.
    """
    return from_arrays(f"{inputs}, {targets}", (read_npy(inputs), read_npy(targets)))


def read_npy(path: str) -> Shaped[np.ndarray, "..."]:
    """The numbers in a `.npy` file; raises DataError."""
    file = user_path(path)
    with opened(file) as stream:
        return parse_npy(stream.read(), str(file))


def parse_npy(data: bytes, name: str) -> Shaped[np.ndarray, "..."]:
    """The numbers in the bytes of a `.npy` file, which are shared and not copied; `name` begins the DataError."""
    try:
        return _parse(data)
    # The header is a Python expression, and a hostile one fails in more ways than NumPy translates.
    except Exception as error:
        raise DataError(f"{name}: is no .npy array that can be read: {error}") from None


def _parse(data: bytes) -> Shaped[np.ndarray, "..."]:
    stream = io.BytesIO(data[:_MAX_HEADER])
    shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    start = stream.tell()
    if dtype.kind not in "biuf":
        raise ValueError(f"it holds {dtype}; wanted real numbers (objects are pickled, and are never loaded)")
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise ValueError(
            f"its header claims {dtype} of shape {shape}, but {len(data) - start:,} bytes follow: truncated or corrupt"
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")
