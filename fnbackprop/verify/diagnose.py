"""What a wrong cotangent has in common with the right one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .diagnosis import Diagnosis
from .pulled import Arrays, Pulled

# NumPy makes a number of what is computed from an array without axes.
Numbers = np.ndarray | np.generic
_CLOSE = 1e-4
# Other points at which an explanation must hold as well: at one alone a cotangent may be any multiple of another,
# and at few that of the identity.
_OTHERS, _MANY = 8, 4
_NO_INPUT = "if it is nothing to differentiate, as a mask, give it as integers or booleans, or close over it"


class Wrong(NamedTuple):
    """One argument's cotangent at one point, beside the right one."""

    got: np.ndarray
    wanted: np.ndarray
    of_others: list[np.ndarray]  # the right cotangents of the other arguments
    dy: Arrays
    x: np.ndarray


def diagnose(number: int, row: int, pulled: Pulled, dys: Arrays) -> Diagnosis | None:
    """The first explanation that fits all entries of an argument's array at a row, and at the others; or nothing."""
    if pulled.reference is None:
        return None
    here = _wrong(number, row, pulled, dys)
    if _same(here.got, here.wanted):
        return None
    if found := _of_this_point(here):
        return found
    others = _others(number, row, pulled, dys)
    several = bool(others) or np.count_nonzero(here.wanted) != 1
    for found in _explanations(here):
        enough = len(others) >= _MANY if found.meant else several
        if enough and all(any(found.alike(each, _CLOSE) for each in _explanations(other)) for other in others):
            return found
    off = ~np.isclose(here.got, here.wanted, rtol=_CLOSE, atol=_CLOSE * np.abs(here.wanted).max(initial=0))
    # Where both are 0, as where a cotangent of one output does not reach, nothing is right or wrong.
    share = np.count_nonzero(off) / int(np.count_nonzero((here.got != 0) | (here.wanted != 0)))
    return Diagnosis("only some entries", f"{share:.0%} of them") if share < 0.5 else None


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


def _of_this_point(here: Wrong) -> Diagnosis | None:
    """What needs no other point to be true."""
    got = here.got
    if not np.isfinite(got).all():
        where = "everywhere" if not np.isfinite(got).any() else f"at {np.count_nonzero(~np.isfinite(got))} entries"
        return Diagnosis("not finite", f"{where}, where the derivative is")
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
            return Diagnosis("dy, clipped", f"at ±{bound:.4g}", meant=True)
    return None


def _explanations(at: Wrong) -> Iterator[Diagnosis]:
    """All that are true at one point, the likeliest first."""
    got, wanted, like = at.got, at.wanted, [y for y in at.dy if y.shape == at.got.shape]
    if not got.any():
        yield Diagnosis("no gradient", "always 0", hint=_NO_INPUT)
    # Of the identity any other derivative is likely to be meant.
    identity = any(_same(wanted, y) for y in like)
    if _same(got, -wanted):
        yield from [Diagnosis("sign", "minus dy, a reversed gradient", meant=True)] * identity
        yield Diagnosis("sign")
    if _same(got, np.conj(wanted)):
        yield Diagnosis("conjugated")
    if any(other.shape == got.shape and _same(got, other) for other in at.of_others):
        yield Diagnosis("arguments swapped")
    if got.ndim >= 2 and got.shape[-1] == got.shape[-2] and _same(got, wanted.swapaxes(-1, -2)):
        yield Diagnosis("transposed")
    factor = _multiple(got, wanted)
    # A factor of nearly 1 explains nothing: what is off is too small to be told.
    if factor and abs(factor.imag) < _CLOSE and abs(factor.real - 1) > 10 * _CLOSE:
        times = _of_factor(factor.real, at.dy, at.x)
        yield from [replace(times, meant=True)] * identity
        yield times
    yield from _offsets(got, wanted)
    if any(_same(got, y) for y in like):
        yield Diagnosis("dy itself, the derivative of the identity", "straight-through", meant=True)
    if not wanted.any():
        yield Diagnosis("the derivative is 0, as a step's", meant=True)
    # One number is always a multiple of another.
    if got.size > 1 and any(_multiple(got - wanted, y) is not None for y in like):
        yield Diagnosis("a multiple of dy is missing or too much")


def _of_factor(factor: float, dy: Arrays, x: np.ndarray) -> Diagnosis:
    lengths = {n for a in (*dy, x) for n in a.shape if n > 1} | {a.size for a in (*dy, x) if a.size > 1}
    for n in sorted(length for length in lengths if length > 2):
        if np.isclose(factor, n, rtol=_CLOSE):
            return Diagnosis("sum where mean", "a length here", factor)
        if np.isclose(factor, 1 / n, rtol=_CLOSE):
            return Diagnosis("mean where sum", f"one over {n}, a length here", factor)
    return Diagnosis("wrong factor", factor=factor)


def _offsets(got: np.ndarray, wanted: np.ndarray) -> Iterator[Diagnosis]:
    """What is missing is the same all along an axis: a reduction was left out or made once too often."""
    for axis in range(got.ndim):
        if got.shape[axis] < 2:
            continue
        if _same(got, np.broadcast_to(wanted.mean(axis, keepdims=True), got.shape)):
            yield Diagnosis(f"averaged along axis {axis}")
        if _same(got, np.broadcast_to(wanted.sum(axis, keepdims=True), got.shape)):
            yield Diagnosis(f"summed along axis {axis}")
        missing = wanted - got
        if missing.any() and _same(missing, np.broadcast_to(missing.mean(axis, keepdims=True), got.shape)):
            yield Diagnosis(f"missing a term that is constant along axis {axis}, as −y Σ dy·y or a mean")


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
