"""A counterexample with as few odd numbers in it as will do."""

from collections.abc import Iterator

import numpy as np

from .compare import Tolerance, compare
from .pulled import Arrays, Pulled
from .setting import Setting
from .vectors import as_covector, stack

_ROUNDS = 8
# Entries that are simplified one by one.
_ENTRIES = 16


def shrink(
    setting: Setting, xs: Arrays, dys: Arrays, tolerance: Tolerance, looked_at: np.ndarray
) -> tuple[Arrays, Arrays] | None:
    """Simpler arguments and cotangents at which rule and reference are still as far apart, to within a tenth.

    `looked_at` says in which entries of the cotangents, as one vector. None where they are not apart at all.
    """
    worst = _severity(setting, [(xs, dys)], tolerance, looked_at)[0]
    if not worst:
        return None
    for _ in range(_ROUNDS):
        candidates = [each for each in _candidates(xs, dys) if _differ(each, (xs, dys)) and setting.allows(each[0])]
        if not candidates:
            break
        severities = _severity(setting, candidates, tolerance, looked_at)
        good = [k for k, severity in enumerate(severities) if severity >= 0.1 * min(worst, 1)]
        if not good:
            break
        xs, dys = candidates[good[0]]
    return xs, dys


def _severity(
    setting: Setting, candidates: list[tuple[Arrays, Arrays]], tolerance: Tolerance, looked_at: np.ndarray
) -> np.ndarray:
    points, dys = (stack(part) for part in zip(*candidates, strict=True))
    pulled: Pulled = setting.pulled(points, dys)
    # Where the reference is not finite either, nobody would see from an example what is wrong.
    told = looked_at & np.isfinite(as_covector(pulled.reference or ()))
    return np.where(told, compare(pulled, dys, tolerance).apart, 0).max(-1, initial=0)


def _differ(a: tuple[Arrays, Arrays], b: tuple[Arrays, Arrays]) -> bool:
    pairs = zip(a[0] + a[1], b[0] + b[1], strict=True)
    return not all(np.array_equal(x, y, equal_nan=True) for x, y in pairs)


def _candidates(xs: Arrays, dys: Arrays) -> Iterator[tuple[Arrays, Arrays]]:
    """Simplest first: one output, all ones, all but one entry, whole arrays of ones or rounded, then single entries."""
    nothing, ones = tuple(map(np.zeros_like, dys)), tuple(map(np.ones_like, xs))
    for k, dy in enumerate(dys):
        # Of size 1, or of its own where only large or small ones are wrong.
        for kept in (np.ones_like(dy), dy):
            yield from ((xs, _with(nothing, k, place, kept)) for place in np.flatnonzero(dy)[:_ENTRIES].tolist())
    yield ones, dys
    for k, x in enumerate(xs):
        oddest = np.argsort(-np.abs(x - ones[k]), axis=None)[:_ENTRIES].tolist()
        yield from ((_with(ones, k, place, x), dys) for place in oddest)
    for k, x in enumerate(xs):
        yield from (((*xs[:k], simple, *xs[k + 1 :]), dys) for simple in (ones[k], _rounded(x, 0), _rounded(x, 1)))
    for k, x in enumerate(xs):
        yield from ((_with(xs, k, place, ones[k]), dys) for place in np.flatnonzero(x)[:_ENTRIES].tolist())


def _with(arrays: Arrays, k: int, place: int, kept: np.ndarray) -> Arrays:
    """The arrays, but for one entry of one of them, which is that of `kept`."""
    made = arrays[k].copy()
    made.reshape(-1)[place] = kept.reshape(-1)[place]
    return (*arrays[:k], made, *arrays[k + 1 :])


def _rounded(x: np.ndarray, digits: int) -> np.ndarray:
    # To 0 only what was 0: a kink would be another counterexample.
    rounded = np.round(np.asarray(x, complex if np.iscomplexobj(x) else float), digits)
    return np.asarray(np.where((rounded == 0) & (x != 0), np.sign(np.real(x)), rounded), x.dtype)
