"""New arguments that look like the examples: of the same range, sign, order and symmetry, of any shape."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

Shape = tuple[int, ...]
# Fewer distinct integers say nothing.
_ORDERED = 4


def resample(example: np.ndarray, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """An array of this shape and the example's dtype, whose entries could have been the example's."""
    if np.iscomplexobj(example):
        real, imaginary = (resample(part, shape, rng) for part in (example.real, example.imag))
        return np.asarray(real + 1j * imaginary, example.dtype)
    known = np.asarray(example, float).reshape(-1)
    known = known[np.isfinite(known)]
    if not known.size or not known.any():
        return np.asarray(rng.normal(size=shape), example.dtype)
    drawn = rng.choice(known, shape) * (1 + 0.1 * rng.normal(size=shape))
    # Zeros are kinks more often than not, which have points of their own.
    small = 0.1 * np.abs(known).max() * rng.normal(size=shape)
    drawn = np.where(drawn == 0, np.abs(small) if known.min() >= 0 else small, drawn)
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        if known.min() >= low and known.max() <= high:
            drawn = _kept_within(np.asarray(drawn), known, low, high)
            break
    return np.asarray(structure(example)(np.asarray(drawn), rng), example.dtype)


def _kept_within(drawn: np.ndarray, known: np.ndarray, low: float, high: float) -> np.ndarray:
    """`drawn` between the ends, at which a derivative may end too: on them only where the known numbers are."""
    drawn = np.where(drawn > high, high if known.max() == high else 2 * high - drawn, drawn)
    return np.where(drawn < low, low if known.min() == low else 2 * low - drawn, drawn)


def structure(example: np.ndarray) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    """What keeps in a new array what all of the example has: sorted, symmetric, or summing to one along its rows."""
    if example.ndim < 1 or example.shape[-1] < 3:
        return _any
    values = np.asarray(example, float)
    if example.ndim >= 2 and example.shape[-1] == example.shape[-2] and np.array_equal(values, values.swapaxes(-1, -2)):
        return _definite if np.linalg.eigvalsh(values).min() > 0 else _symmetric
    if (np.diff(values, axis=-1) > 0).all():
        return _sorted
    if (values >= 0).all() and np.allclose(values.sum(-1), 1, atol=1e-3):
        return _distribution
    return _any


def ordered(example: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`values` sorted, definite, or summing to one along their rows, where all of the example is so."""
    if np.iscomplexobj(example) or not np.isfinite(values).all():
        return values
    kept = structure(example)
    if kept is _sorted:
        return np.asarray(np.sort(values, axis=-1))  # with its ties, which an example like 1, 2, 3 must not hide
    if kept is _definite:  # though not symmetric, which hides a transpose
        lacking = 0.1 * (np.abs(values).max() or 1) - np.linalg.eigvalsh(values + values.swapaxes(-1, -2)).min() / 2
        return values + max(0.0, lacking) * np.eye(values.shape[-1])
    if kept is _distribution and np.abs(values).sum(-1).all():
        return np.asarray(np.abs(values) / np.abs(values).sum(-1, keepdims=True))
    return values


def is_ordered(example: np.ndarray) -> bool:
    """Whether it has such an order."""
    return not np.iscomplexobj(example) and structure(example) in (_sorted, _distribution)


def is_sorted(example: np.ndarray) -> bool:
    """Whether its rows are in strict order, as knots are."""
    return not np.iscomplexobj(example) and structure(example) is _sorted


def keep_order(examples: Sequence[np.ndarray], xs: Sequence[np.ndarray]) -> bool:
    """Whether single numbers among the arguments keep their signs and their order: as scales, and ends of intervals."""
    single = [(a, x) for a, x in zip(examples, xs, strict=True) if a.ndim == 0 and not np.iscomplexobj(a)]
    turned = any(a * x < 0 for a, x in single)
    return not turned and not any((a - b) * (x - y) < 0 for (a, x), (b, y) in combinations(single, 2))


def is_prefix(example: np.ndarray) -> bool:
    """Whether booleans let pass the first of each row, here and there not all, as a mask of what is no padding."""
    if example.dtype != bool or example.ndim < 2 or example.shape[-1] < 3 or not example.any():
        return False
    return not example.all() and not (example[..., 1:] & ~example[..., :-1]).any()


def prefixes(example: np.ndarray, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Such a mask of this shape, which lets pass none of a row only where the example does."""
    least = int(example.sum(-1).min() > 0)
    lengths = rng.integers(least, shape[-1] + 1, shape[:-1]) if shape[-1] else np.zeros(shape[:-1], int)
    return np.arange(shape[-1]) < lengths[..., None]


def is_order(example: np.ndarray, arrays: Sequence[np.ndarray]) -> bool:
    """Whether each row of integers is a permutation of the places along an axis of one of these, not the identity."""
    if not np.issubdtype(example.dtype, np.integer) or example.ndim < 1 or example.shape[-1] < _ORDERED:
        return False
    places = np.arange(example.shape[-1])
    permuted = (np.sort(example, axis=-1) == places).all() and not (example == places).all()
    return bool(permuted) and any(len(places) in x.shape for x in arrays)


def orders(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Orders of the last axis, one for each row."""
    return rng.permuted(np.broadcast_to(np.arange(shape[-1]), shape), axis=-1)


def is_offsets(example: np.ndarray, arrays: Sequence[np.ndarray]) -> bool:
    """Whether integers rise from 0 to the length of the longest axis of these, as where its parts begin and end."""
    if not np.issubdtype(example.dtype, np.integer) or example.ndim != 1 or len(example) < 3:
        return False
    rising = example[0] == 0 and (example[1:] >= example[:-1]).all()
    # Where an axis is longer, they may be indices into it.
    return bool(rising and example[-1] == max((n for x in arrays for n in x.shape), default=0))


def offsets(count: int, end: int, rng: np.random.Generator) -> np.ndarray:
    """So many of them, for an axis of this length; no part is empty where there is enough for all."""
    inner = max(0, count - 2)
    cuts = 1 + rng.choice(max(1, end - 1), inner, replace=inner > end - 1)
    return np.concatenate([[0], np.sort(np.minimum(cuts, end)), [end]])[inner + 2 - count :]


def _any(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return drawn


def _sorted(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    # Knots that coincide are no knots.
    largest = np.abs(drawn).max(initial=0) or 1.0
    apart = np.sort(drawn, axis=-1) + 1e-2 * largest * np.arange(drawn.shape[-1])
    return apart * min(1.0, largest / (np.abs(apart).max(initial=0) or 1.0))


def _symmetric(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (drawn + drawn.swapaxes(-1, -2)) / 2 if drawn.shape[-1] == drawn.shape[-2] else drawn


def _definite(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if drawn.shape[-1] != drawn.shape[-2]:
        return drawn
    factor = rng.normal(size=drawn.shape)
    return factor @ factor.swapaxes(-1, -2) / drawn.shape[-1] + np.eye(drawn.shape[-1])


def _distribution(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return drawn / drawn.sum(-1, keepdims=True)


def resample_integers(example: np.ndarray, shape: Shape, below: int | None, rng: np.random.Generator) -> np.ndarray:
    """Integers or booleans drawn from the example's, kept below the length that they may be indices of.

    A mask that lets pass the first of each row stays one.
    """
    if is_prefix(example) and len(shape) == example.ndim:
        return prefixes(example, shape, rng)
    drawn = rng.choice(example.reshape(-1), shape) if example.size else np.zeros(shape, example.dtype)
    if below is not None and example.dtype != bool:
        drawn = np.where(drawn >= 0, drawn % below, drawn)
    return np.asarray(drawn, example.dtype)
