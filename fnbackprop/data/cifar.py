"""CIFAR-10, from the six files of its binary version."""

from pathlib import Path

import numpy as np

from ..core.errors import DataError
from .archive import unpack_missing
from .dataset import Dataset, Examples
from .download import Remote, known_files
from .reading import exists, opened
from .source import named_dataset

# Size and hash agree with those that TensorFlow Datasets pins.
_ARCHIVE = Remote(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    170_052_171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
_INSIDE = "cifar-10-batches-bin"
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = "test_batch.bin"
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_PIXELS = 3 * 32 * 32


def cifar10(folder: Path) -> Dataset:
    """60,000 colour photographs in ten classes, uint8 of shape (32, 32, 3); 10,000 of them are the test part.

    Read from `folder`/cifar10 or its subfolder cifar-10-batches-bin; what is missing is unpacked from the archive in
    `folder`/cifar10, which is downloaded where that is missing too. Source: Krizhevsky 2009.
    """
    home = folder / "cifar10"
    inside = home if exists(home / _TEST) else home / _INSIDE
    unpack_missing("cifar10", _ARCHIVE, home, {inside / name: f"{_INSIDE}/{name}" for name in (*_TRAIN, _TEST)})
    with known_files():
        batches = [_read_batch(inside / name) for name in _TRAIN]
        train = Examples(*(np.concatenate(arrays) for arrays in zip(*batches, strict=True)))
        return named_dataset(f"cifar10 in {inside}", train, _read_batch(inside / _TEST), _CLASSES)


def _read_batch(path: Path) -> Examples:
    # One record is a label, then the red, the green and the blue plane.
    with opened(path) as stream:
        data = np.frombuffer(stream.read(), np.uint8)
    if data.size % (1 + _PIXELS):
        raise DataError(f"{path}: has {data.size:,} bytes, no multiple of the {1 + _PIXELS:,} of an image: truncated")
    records = data.reshape(-1, 1 + _PIXELS)
    labels = records[:, 0]
    if np.max(labels) >= len(_CLASSES):
        row = int(np.argmax(labels >= len(_CLASSES)))
        raise DataError(f"{path}: image {row} (counted from 0) has label {labels[row]}; wanted 0 to 9: not CIFAR-10")
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Examples(np.ascontiguousarray(images), labels.astype(np.int32))
