"""Named arrays in a safetensors file, bit for bit, in every dtype that a model uses."""

import hashlib
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import ArrayLike
from safetensors import SafetensorError, deserialize

from .atomic import write_atomically
from .errors import DataError

# The format is little-endian, and so are the machines that JAX runs on. safetensors' own table for NumPy has no
# bfloat16.
_DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "U16": np.dtype(np.uint16),
    "U32": np.dtype(np.uint32),
    "U64": np.dtype(np.uint64),
    "I8": np.dtype(np.int8),
    "I16": np.dtype(np.int16),
    "I32": np.dtype(np.int32),
    "I64": np.dtype(np.int64),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F16": np.dtype(np.float16),
    "F32": np.dtype(np.float32),
    "F64": np.dtype(np.float64),
}

# Where a file keeps its own SHA-256.
_DIGEST = "sha256"
_CODES = {dtype: code for code, dtype in _DTYPES.items()}


def save_arrays(path: Path, arrays: Mapping[str, ArrayLike], metadata: Mapping[str, str]) -> None:
    """Write the arrays and their `metadata` atomically, with a SHA-256 of both, which `load_arrays` checks.

    Raises TypeError for a dtype that the format has not.
    """
    write_atomically(path, encode_arrays(arrays, {**metadata, _DIGEST: ""}))


def encode_arrays(arrays: Mapping[str, ArrayLike], metadata: Mapping[str, str]) -> bytes:
    """The content of a safetensors file; raises TypeError for a dtype that the format has not.

    Equal arrays give equal bytes, which safetensors' own writer does not: it shuffles the metadata.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    parts, end = [], 0
    # The widest first, so that each array begins at a multiple of its own numbers' size.
    for name, array in sorted(_little_endian(arrays).items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": _CODES[array.dtype], "shape": array.shape, "data_offsets": [begin, end]}
        parts.append(array.tobytes())  # in C order, however the array lies in memory
    data = b"".join(parts)
    if _DIGEST in metadata:
        header["__metadata__"][_DIGEST] = _digest(header, data)
    text = _text(header)
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, data])


def _text(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, separators=(",", ":")).encode()


def _digest(header: Mapping[str, Any], data: bytes) -> str:
    """SHA-256 of a file's header, but for the digest in it, and of its numbers."""
    blank = {**header, "__metadata__": {**header.get("__metadata__", {}), _DIGEST: ""}}
    return hashlib.sha256(_text(blank) + data).hexdigest()


def _little_endian(arrays: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
    found = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in found.items():
        if array.dtype.newbyteorder("=") not in _CODES:
            known = ", ".join(dtype.name for dtype in _CODES)
            raise TypeError(f"cannot save array {name!r} of dtype {array.dtype}; convert it to one of {known}")
    return {name: array.astype(array.dtype.newbyteorder("="), copy=False) for name, array in found.items()}


def load_arrays(path: Path, signed: bool = False) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and metadata of a file; raises DataError where it is missing, damaged or of another kind.

    signed: refuse a file that does not hold its own SHA-256, as `save_arrays` writes it.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device has no end
            raise DataError(f"cannot read arrays from {path}: it is no regular file")
        return decode_arrays(path.read_bytes(), path, signed)
    except OSError as error:
        raise DataError(f"cannot read arrays from {path}: {error.strerror}") from None


def decode_arrays(content: bytes, path: Path, signed: bool = False) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and metadata in the `content` of the file at `path`; raises DataError where it is damaged."""
    try:
        tensors = deserialize(content)
    except SafetensorError as error:
        raise DataError(f"{path} is cut short, damaged, or not a safetensors file: {error}") from None
    arrays = {}
    for name, tensor in tensors:
        if tensor["dtype"] not in _DTYPES:
            raise DataError(f"{path}: array {name!r} has dtype {tensor['dtype']}; wanted one of {', '.join(_DTYPES)}")
        arrays[name] = np.frombuffer(tensor["data"], _DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
    # `deserialize` has checked the header, but does not hand its metadata on.
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = dict(header.get("__metadata__", {}))
    if (signed or _DIGEST in metadata) and metadata.pop(_DIGEST, "") != _digest(header, content[start:]):
        raise DataError(f"{path} is damaged: its content has another SHA-256 than the one that was written with it")
    return arrays, metadata
