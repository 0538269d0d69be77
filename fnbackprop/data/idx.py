"""IDX, the format of MNIST's files: a header of big-endian sizes, then the numbers."""

import gzip
import math
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ..core.errors import DataError
from .reading import MAX_BYTES, MAX_INFLATION, opened

_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}


def read_idx(path: Path, axes: int) -> UInt8[np.ndarray, "..."]:
    """The bytes of an IDX file with this many axes, plain or gzipped whatever its name says.

    Raises DataError: not IDX, another type or number of axes, or more or fewer bytes than the header says. Nothing is
    allocated before the header's sizes are known to be possible.
    """
    with opened(path) as raw:
        gzipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not gzipped:
            return _read(path, raw, axes, available=path.stat().st_size)
        with gzip.GzipFile(fileobj=raw) as stream:
            return _read(path, stream, axes, available=path.stat().st_size * MAX_INFLATION)


def _read(path: Path, stream: BufferedIOBase, axes: int, available: int) -> UInt8[np.ndarray, "..."]:
    shape = _read_shape(path, stream, axes)
    size = math.prod(shape)
    if size > min(available, MAX_BYTES):
        raise DataError(f"{path}: its header claims {shape}, more than such a file can hold: truncated or corrupt")
    data = stream.read(size + 1)
    if len(data) != size:
        got = f"only {len(data):,}" if len(data) < size else "more"
        raise DataError(f"{path}: its header claims {shape}, {size:,} bytes, but {got} follow it: truncated or corrupt")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_shape(path: Path, stream: BufferedIOBase, axes: int) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        raise DataError(f"{path}: begins with the bytes {magic.hex(' ')}; wanted 00 00 08 {axes:02x}, an IDX header")
    if magic[2] != 0x08:
        raise DataError(f"{path}: holds {_TYPES[magic[2]]}; wanted uint8")
    if magic[3] != axes:
        raise DataError(
            f"{path}: has {magic[3]} axes; wanted {axes}: images have 3, labels 1, and the two may have been swapped"
        )
    header = stream.read(4 * axes)
    if len(header) < 4 * axes:
        raise DataError(f"{path}: ends within its header: truncated")
    return tuple(int(n) for n in np.frombuffer(header, ">u4"))
