"""All windows of one long sequence, none of which is copied before it is asked for."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Windows:
    """Window i is tokens[i + first : i + first + length], for i = 0 … count − 1: an array of shape (count, length).

    It takes as much memory as the tokens; indexing along the first axis copies what is indexed, on the device too.
    """

    tokens: Any  # an array, NumPy's or JAX's
    first: int
    length: int
    count: int

    def __post_init__(self) -> None:
        _register()

    def __len__(self) -> int:
        return self.count

    @property
    def shape(self) -> tuple[int, int]:
        """(count, length)."""
        return self.count, self.length

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def dtype(self) -> np.dtype:
        """That of the tokens."""
        return self.tokens.dtype

    def __getitem__(self, windows: Any) -> Any:
        """The windows of these numbers, or of this slice, as an array."""
        numbers = np.arange(self.count)[windows] if isinstance(windows, slice) else windows
        return self.tokens[numbers[..., None] + (self.first + np.arange(self.length))]


@cache
def _register() -> None:
    """Make it known to JAX, once: this folder is read without."""
    import jax

    jax.tree_util.register_dataclass(Windows, ["tokens"], ["first", "length", "count"])
