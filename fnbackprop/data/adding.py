"""The adding problem, a classic task on sequences of different lengths, which anyone can make."""

import numpy as np

from ..core.errors import ConfigError
from .dataset import Dataset, Examples

_SHORTEST = 4


def adding(examples: int = 4000, longest: int = 64, seed: int = 0) -> Dataset:
    """Sequences of numbers of which two are marked; the target is the sum of these two (Hochreiter & Schmidhuber 1997).

    Inputs (examples, longest, 3): a number between 0 and 1; 1 where it is to be added, once in each half; and 1 up to
    the sequence's end, zeros after it. Lengths are uniform from 4 to `longest`. Predicting 1 always costs 1/6.
    """
    if examples < 1 or longest < _SHORTEST:
        raise ConfigError(
            f"data: adding got examples={examples}, longest={longest}; it wants at least 1 and {_SHORTEST}"
        )
    # Raw bits, since NumPy promises the same stream from version to version for these only.
    bits = np.random.Philox(seed).random_raw((examples, longest + 3))
    numbers = (bits >> 40).astype(np.float32) / np.float32(2**24)
    shares, values = numbers[:, :3].astype(np.float64), numbers[:, 3:]
    lengths = _SHORTEST + (shares[:, 0] * (longest - _SHORTEST + 1)).astype(np.int64)
    half = lengths // 2
    first = (shares[:, 1] * half).astype(np.int64)
    second = half + (shares[:, 2] * (lengths - half)).astype(np.int64)
    place = np.arange(longest)
    present = place < lengths[:, None]
    marked = (place == first[:, None]) | (place == second[:, None])
    inputs = np.stack([values * present, marked, present], axis=-1).astype(np.float32)
    return Dataset(Examples(inputs, np.sum(values, axis=1, where=marked, keepdims=True)))
