"""A counterexample with as few odd numbers in it as will do."""

from collections.abc import Iterator

import numpy as np

from .compare import Tolerance, compare
from .setting import Arrays, Pulled, Setting
from .vectors import stack

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
        candidates = [simpler for simpler in _simpler(xs, dys) if setting.allows(simpler[0])]
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
    return np.asarray(compare(pulled, dys, tolerance).apart[:, looked_at].max(-1, initial=0))


def _simpler(xs: Arrays, dys: Arrays) -> Iterator[tuple[Arrays, Arrays]]:
    """Simplest first: one output, whole arrays of ones, rounded arrays, then single entries."""
    for k, dy in enumerate(dys):
        alone = np.flatnonzero(dy)[:_ENTRIES] if sum(map(np.count_nonzero, dys)) > 1 else ()
        # Of size 1, or of its own where only large or small ones are wrong.
        for value in (lambda place: 1, dy.reshape(-1).__getitem__):
            for place in alone:
                one = np.zeros_like(dy)
                one.reshape(-1)[place] = value(place)
                yield xs, tuple(one if j == k else np.zeros_like(d) for j, d in enumerate(dys))
    ones = tuple(map(np.ones_like, xs))
    if any(not np.array_equal(one, x) for one, x in zip(ones, xs, strict=True)):
        yield ones, dys
    for k, x in enumerate(xs):
        for simple in (ones[k], _rounded(x, 0), _rounded(x, 1)):
            if x.size and not np.array_equal(simple, x):
                yield (*xs[:k], simple, *xs[k + 1 :]), dys
    for k, x in enumerate(xs):
        for place in range(min(x.size, _ENTRIES)):
            if x.reshape(-1)[place] not in (0, 1):
                simple = x.copy()
                simple.reshape(-1)[place] = 1
                yield (*xs[:k], simple, *xs[k + 1 :]), dys


def _rounded(x: np.ndarray, digits: int) -> np.ndarray:
    # To 0 only what was 0: a kink would be another counterexample.
    rounded = np.round(np.asarray(x, complex if np.iscomplexobj(x) else float), digits)
    return np.asarray(np.where((rounded == 0) & (x != 0), np.sign(np.real(x)), rounded), x.dtype)
