"""What a wrong cotangent has in common with the right one."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .setting import Arrays, Pulled

# NumPy makes a number of what is computed from an array without axes.
Numbers = np.ndarray | np.generic
# How an author says that another derivative is meant.
MEANT = 'if it is meant, declare surrogate="why" (--surrogate)'
_CLOSE = 1e-4
# Other points at which an explanation must hold as well: at one alone a cotangent may be any multiple of another,
# and at few that of the identity.
_OTHERS, _MANY = 8, 4


class Wrong(NamedTuple):
    """One argument's cotangent at one point, beside the right one."""

    got: np.ndarray
    wanted: np.ndarray
    of_others: list[np.ndarray]  # the right cotangents of the other arguments
    dy: Arrays
    x: np.ndarray


def diagnose(number: int, row: int, pulled: Pulled, dys: Arrays) -> str:
    """The first explanation that fits all entries of an argument's array at a row, and at the others; or nothing."""
    if pulled.reference is None:
        return ""
    here = _wrong(number, row, pulled, dys)
    if _same(here.got, here.wanted):
        return ""
    if words := _of_this_point(here):
        return words
    others = _others(number, row, pulled, dys)
    several = bool(others) or np.count_nonzero(here.wanted) != 1
    for words in _explanations(here):
        enough = len(others) >= _MANY if MEANT in words else several
        if enough and all(words in _explanations(other) for other in others):
            return words
    off = ~np.isclose(here.got, here.wanted, rtol=_CLOSE, atol=_CLOSE * np.abs(here.wanted).max(initial=0))
    # Where both are 0, as where a cotangent of one output does not reach, nothing is right or wrong.
    share = np.count_nonzero(off) / int(np.count_nonzero((here.got != 0) | (here.wanted != 0)))
    return f"only some entries: {share:.0%} of them" if share < 0.5 else ""


def _wrong(number: int, row: int, pulled: Pulled, dys: Arrays) -> Wrong:
    right = [np.asarray(wanted[row]) for wanted in pulled.reference or ()]
    got, dy = np.asarray(pulled.dxs[number][row]), tuple(np.asarray(d[row]) for d in dys)
    return Wrong(got, right[number], right[:number] + right[number + 1 :], dy, np.asarray(pulled.xs[number][row]))


def _others(number: int, row: int, pulled: Pulled, dys: Arrays) -> list[Wrong]:
    """Other rows, from all over, at which something can be said of the argument."""
    both = np.stack([pulled.dxs[number], (pulled.reference or ())[number]]).reshape(2, len(pulled.dxs[number]), -1)
    telling = np.flatnonzero(np.isfinite(both).all((0, 2)) & both.any((0, 2)))
    telling = telling[telling != row]
    spread = telling[:: max(1, len(telling) // _OTHERS)][:_OTHERS]
    return [_wrong(number, int(other), pulled, dys) for other in spread]


def _of_this_point(here: Wrong) -> str:
    """What needs no other point to be true."""
    got = here.got
    if not np.isfinite(got).all():
        where = "everywhere" if not np.isfinite(got).any() else f"at {np.count_nonzero(~np.isfinite(got))} entries"
        return f"not finite {where}, where the derivative is"
    bound = float(np.abs(got).max(initial=0))
    at_bound = np.count_nonzero(np.isclose(np.abs(got), bound))
    for y in here.dy:
        if (
            y.shape == got.shape
            and at_bound > 1
            and bound
            and _same(here.wanted, y)
            and _same(got, np.clip(y, -bound, bound))
        ):
            return f"dy, clipped to ±{bound:.4g}; {MEANT}"
    return ""


def _explanations(at: Wrong) -> Iterator[str]:
    """All that are true at one point, the likeliest first."""
    got, wanted, like = at.got, at.wanted, [y for y in at.dy if y.shape == at.got.shape]
    if not got.any():
        yield "no gradient: always 0"
    # Of the identity any other derivative is likely to be meant.
    identity = any(_same(wanted, y) for y in like)
    if _same(got, -wanted):
        yield from [f"sign: minus dy, a reversed gradient; {MEANT}"] * identity
        yield "sign"
    if _same(got, np.conj(wanted)):
        yield "conjugated"
    if any(other.shape == got.shape and _same(got, other) for other in at.of_others):
        yield "arguments swapped"
    if got.ndim >= 2 and got.shape[-1] == got.shape[-2] and _same(got, wanted.swapaxes(-1, -2)):
        yield "transposed"
    factor = _multiple(got, wanted)
    if factor and abs(factor.imag) < _CLOSE:
        words = _of_ratio(factor.real, at.dy, at.x)
        yield from [f"{words}; {MEANT}"] * identity
        yield words
    yield from _offsets(got, wanted)
    if any(_same(got, y) for y in like):
        yield f"dy itself, the derivative of the identity: straight-through; {MEANT}"
    if not wanted.any():
        yield f"the derivative is 0, as a step's; {MEANT}"
    if any(_multiple(got - wanted, y) is not None for y in like):
        yield "a multiple of dy is missing or too much"


def _of_ratio(ratio: float, dy: Arrays, x: np.ndarray) -> str:
    lengths = {n for a in (*dy, x) for n in a.shape if n > 1} | {a.size for a in (*dy, x) if a.size > 1}
    for n in sorted(length for length in lengths if length > 2):
        if np.isclose(ratio, n, rtol=_CLOSE):
            return f"sum where mean: exactly {n}×, a length here"
        if np.isclose(ratio, 1 / n, rtol=_CLOSE):
            return f"mean where sum: exactly 1/{n}, a length here"
    return f"exactly {ratio:.4g}×"


def _offsets(got: np.ndarray, wanted: np.ndarray) -> Iterator[str]:
    """What is missing is the same all along an axis: a reduction was left out or made once too often."""
    for axis in range(got.ndim):
        if got.shape[axis] < 2:
            continue
        if _same(got, np.broadcast_to(wanted.mean(axis, keepdims=True), got.shape)):
            yield f"averaged along axis {axis}"
        if _same(got, np.broadcast_to(wanted.sum(axis, keepdims=True), got.shape)):
            yield f"summed along axis {axis}"
        missing = wanted - got
        if missing.any() and _same(missing, np.broadcast_to(missing.mean(axis, keepdims=True), got.shape)):
            yield f"missing a term that is constant along axis {axis}, as −y Σ dy·y or a mean"


def _multiple(a: Numbers, b: Numbers) -> complex | None:
    """The factor k of a = k b, where there is one."""
    size = np.abs(b).max(initial=0)
    if not 0 < size < np.inf:
        return None
    unit = b / size  # whose square overflows nowhere
    factor = np.vdot(unit, a / size) / np.vdot(unit, unit)
    return complex(factor) if _same(a, factor * b) else None


def _same(a: Numbers, b: Numbers) -> bool:
    if not np.isfinite(b).all():
        return np.array_equal(a, b, equal_nan=True)
    return np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * 1e-2 * float(np.abs(b).max(initial=0)))
