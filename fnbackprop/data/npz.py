"""NumPy's archive of named arrays."""

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from ..core.errors import DataError
from .dataset import Dataset
from .npy import parse_npy
from .reading import MAX_BYTES, MAX_INFLATION, opened, user_path
from .source import from_arrays


def npz(
    path: str,
    inputs: str = "inputs",
    targets: str = "targets",
    test_inputs: str | None = None,
    test_targets: str | None = None,
) -> Dataset:
    """Examples from a `.npz` file of yours, as `numpy.savez` writes it: integer targets are classes, floats regression.

    `path` is relative to where the command is run; the others are names of arrays in it. Objects are never unpickled.
    """
    if (test_inputs is None) != (test_targets is None):
        raise DataError(
            f"{path}: got test_inputs={test_inputs!r}, test_targets={test_targets!r}; wanted both or neither"
        )
    file = user_path(path)
    train = _read(file, inputs), _read(file, targets)
    test = (_read(file, test_inputs), _read(file, test_targets)) if test_inputs and test_targets else None
    return from_arrays(str(file), train, test)


def _read(path: Path, array: str) -> Shaped[np.ndarray, "..."]:
    with opened(path) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                data = _unzip(archive, f"{array}.npy", path)
        except DataError:
            raise
        # zipfile answers hostile bytes with a dozen kinds of exceptions.
        except Exception as error:
            raise DataError(f"{path}: is not a .npz file that can be read: {error}") from None
    return parse_npy(data, f"{path}: {array}")


def _unzip(archive: zipfile.ZipFile, member: str, path: Path) -> bytes:
    names = archive.namelist()
    if member not in names:
        found = ", ".join(repr(name.removesuffix(".npy")) for name in names[:20]) or "nothing"
        raise DataError(f"{path}: holds no array {member.removesuffix('.npy')!r}; it holds {found}")
    info = archive.getinfo(member)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{path}: {member} is compressed by method {info.compress_type}; wanted stored or deflated")
    if info.file_size > min(MAX_BYTES, MAX_INFLATION * path.stat().st_size):
        raise DataError(f"{path}: {member} claims {info.file_size:,} bytes, more than is read or the file can hold")
    return archive.read(info)
