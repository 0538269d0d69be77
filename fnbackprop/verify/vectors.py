"""Arrays as one real vector each, so that derivatives are compared along directions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .pulled import Arrays


def as_vector(xs: Sequence[Any]) -> np.ndarray:
    """Rows of one vector: the real parts of all arrays, then the imaginary parts of the complex ones.

    The first axis counts rows.
    """
    rows = [np.asarray(x).reshape(len(x), -1) for x in xs]
    imaginary = [x.imag for x in rows if np.iscomplexobj(x)]
    return np.concatenate([np.real(x).astype(float) for x in rows] + imaginary, axis=1)


def as_covector(dxs: Sequence[Any]) -> np.ndarray:
    """The same of cotangents: JAX pairs without conjugation, ∂C = Re Σ dx · ∂x, hence minus the imaginary parts."""
    return as_vector([np.conj(dx) for dx in dxs])


def one_covector(dxs: Sequence[Any]) -> np.ndarray:
    """The covector of arrays that have no axis of rows."""
    return as_covector([np.asarray(dx)[None] for dx in dxs])[0]


def from_vectors(rows: np.ndarray, like: Sequence[np.ndarray]) -> Arrays:
    """Arrays shaped and typed like these (which have no axis of rows), from rows of vectors."""
    sizes = [x.size for x in like]
    ends = np.cumsum(sizes)
    parts = [rows[:, end - size : end] for end, size in zip(ends, sizes, strict=True)]
    at = sum(sizes)
    made = []
    for part, x in zip(parts, like, strict=True):
        if np.iscomplexobj(x):
            part, at = part + 1j * rows[:, at : at + x.size], at + x.size
        made.append(part.reshape(len(rows), *x.shape).astype(x.dtype))
    return tuple(made)


def locate(place: int, like: Sequence[np.ndarray]) -> tuple[int, tuple[int, ...], bool]:
    """Which array, which index in it, and whether the imaginary part, a place in a vector is."""
    for imaginary in (False, True):
        for number, x in enumerate(like):
            size = x.size if not imaginary or np.iscomplexobj(x) else 0
            if place < size:
                return number, tuple(map(int, np.unravel_index(place, x.shape))), imaginary
            place -= size
    raise IndexError(place)


def owners(like: Sequence[np.ndarray]) -> np.ndarray:
    """The number of the array that each place in a vector is of."""
    numbers = [np.full(x.size, number) for number, x in enumerate(like)]
    return np.concatenate([*numbers, *(n for n, x in zip(numbers, like, strict=True) if np.iscomplexobj(x))])


def stack(points: Sequence[Arrays]) -> Arrays:
    """Points one below the other."""
    return tuple(np.stack(parts) for parts in zip(*points, strict=True))
